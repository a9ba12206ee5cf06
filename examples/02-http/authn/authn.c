// Lets requests pass that carry the token which is in the variable TOKEN, as
// "Authorization: Bearer …", and answers the others itself. Without a token none pass.
#include "../wasi.h"

struct pair {
  struct text name, value;
};

struct pairs {
  const struct pair *data;
  uint32_t size;
};

struct values {
  const struct text *data;
  uint32_t size;
};

IMPORT("wasi:cli/environment@0.2.12", "get-environment") void get_environment(struct pairs *ret);

static struct text token(void) {
  struct pairs environment;
  get_environment(&environment);
  for (uint32_t i = 0; i < environment.size; i++)
    if (same(environment.data[i].name, TEXT("TOKEN"))) return environment.data[i].value;
  return TEXT("");
}

// Compares without telling by its time how much of a guess is right.
static int equal(struct text a, struct text b) {
  uint32_t differ = a.size ^ b.size;
  for (uint32_t i = 0; i < a.size && i < b.size; i++) differ |= a.data[i] ^ b.data[i];
  return differ == 0;
}

static int allowed(handle request) {
  static const struct text scheme = TEXT("Bearer ");
  struct values values;
  struct text want = token();
  handle headers = request_headers(request);
  fields_get(headers, "authorization", 13, &values);
  drop_fields(headers);
  if (values.size != 1 || want.size == 0) return 0;
  struct text value = values.data[0];
  if (value.size < scheme.size || !same((struct text){value.data, scheme.size}, scheme)) return 0;
  return equal((struct text){value.data + scheme.size, value.size - scheme.size}, want);
}

EXPORT(HANDLER "#handle") void handle_request(handle request, handle outparam) {
  forget();
  if (allowed(request)) {
    next(request, outparam);
    return;
  }
  answer(outparam, 401, TEXT("www-authenticate"), TEXT("Bearer"), TEXT("A token is needed.\n"));
  drop_request(request);
}
