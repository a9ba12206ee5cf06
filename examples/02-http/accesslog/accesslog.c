// Lets every request pass, and prints a line about it when it has been answered: what
// was asked for, and how long the answer took.
#include "../wasi.h"

IMPORT("wasi:cli/stdout@0.2.12", "get-stdout") handle get_stdout(void);
IMPORT("wasi:clocks/monotonic-clock@0.2.12", "now") uint64_t now(void);

#define MAX_LINE 512
static char line[MAX_LINE];
static uint32_t length;

static void add(struct text text) {
  for (uint32_t i = 0; i < text.size && length < MAX_LINE; i++) line[length++] = text.data[i];
}

static void add_number(uint64_t n) {
  char digits[20];
  uint32_t i = sizeof digits;
  do digits[--i] = '0' + n % 10;
  while (n /= 10);
  add((struct text){digits + i, sizeof digits - i});
}

static struct text name(const struct method *method) {
  static const struct text names[] = {TEXT("GET"), TEXT("HEAD"), TEXT("POST"), TEXT("PUT"), TEXT("DELETE"),
                                      TEXT("CONNECT"), TEXT("OPTIONS"), TEXT("TRACE"), TEXT("PATCH")};
  return method->number < sizeof names / sizeof *names ? names[method->number] : method->other;
}

EXPORT(HANDLER "#handle") void handle_request(handle request, handle outparam) {
  struct method method;
  struct optional_text path;
  forget();
  request_method(request, &method);
  request_path(request, &path);
  length = 0;
  add(name(&method));
  add(TEXT(" "));
  if (path.is_some) add(path.text);

  uint64_t start = now();
  next(request, outparam);
  uint64_t took = now() - start;

  if (length > MAX_LINE - 32) length = MAX_LINE - 32; // room for the time
  add(TEXT(" answered in "));
  add_number(took / 1000);
  add(TEXT(" us\n"));
  handle out = get_stdout();
  print(out, (struct text){line, length});
  drop_output_stream(out);
}
