// The app: answers every request with its path. It knows nothing of who stands before
// it.
#include "../wasi.h"

EXPORT(HANDLER "#handle") void handle_request(handle request, handle outparam) {
  static char text[256];
  static const struct text hello = TEXT("Hello from the app: you asked for ");
  struct optional_text path;
  forget();
  request_path(request, &path);
  if (!path.is_some) path.text.size = 0;
  uint32_t n = 0;
  for (uint32_t i = 0; i < hello.size; i++) text[n++] = hello.data[i];
  for (uint32_t i = 0; i < path.text.size && n < sizeof text - 1; i++) text[n++] = path.text.data[i];
  text[n++] = '\n';
  answer(outparam, 200, TEXT("content-type"), TEXT("text/plain; charset=utf-8"), (struct text){text, n});
  drop_request(request);
}
