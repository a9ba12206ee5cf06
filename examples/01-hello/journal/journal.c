// The sidecar: keeps what it is told, and shows each entry on its own standard error.
//
// It is C without any library, so that it stays as small as what it does. Its imports and
// exports are declared by hand as the canonical ABI flattens them.
#include <stdint.h>

#define MAX_ENTRIES 1000
#define PAGE 0x10000

struct text {
  const char *data;
  uint32_t size;
};

struct entry {
  uint8_t level;
  struct text text;
};

// result<u32, string>
struct written {
  uint8_t is_err;
  union {
    uint32_t number;
    struct text reason;
  };
};

struct entries {
  const struct entry *data;
  uint32_t size;
};

// result<_, stream-error>
struct stream_result {
  uint8_t is_err;
  struct {
    uint8_t is_closed;
    uint32_t error;
  } err;
};

__attribute__((import_module("wasi:cli/stderr@0.2.12"), import_name("get-stderr")))
uint32_t get_stderr(void);

__attribute__((import_module("wasi:io/streams@0.2.12"),
               import_name("[method]output-stream.blocking-write-and-flush")))
void blocking_write_and_flush(uint32_t stream, const char *data, uint32_t size,
                              struct stream_result *ret);

__attribute__((import_module("wasi:io/streams@0.2.12"),
               import_name("[resource-drop]output-stream")))
void drop_output_stream(uint32_t stream);

__attribute__((import_module("wasi:io/error@0.2.12"), import_name("[resource-drop]error")))
void drop_error(uint32_t error);

// Nothing that arrives is ever given back: an entry stays where the host has put it.
extern uint8_t __heap_base;

__attribute__((export_name("cabi_realloc")))
void *cabi_realloc(void *old, uint32_t old_size, uint32_t align, uint32_t size) {
  static uint32_t top;
  if (top == 0) top = (uint32_t)&__heap_base;
  top = (top + align - 1) & -align;
  uint32_t start = top;
  if (size > -start) __builtin_trap();
  uint32_t have = __builtin_wasm_memory_size(0) * PAGE;
  if (start + size > have) {
    uint32_t pages = (start + size - have + PAGE - 1) / PAGE;
    if (__builtin_wasm_memory_grow(0, pages) == (uint32_t)-1) __builtin_trap();
  }
  for (uint32_t i = 0; i < old_size && i < size; i++)
    ((uint8_t *)start)[i] = ((uint8_t *)old)[i];
  top = start + size;
  return (void *)start;
}

// A write to a stream may be 4096 bytes long. Errors are nobody's business here: the
// journal works without its display.
static void show_text(uint32_t stream, const char *data, uint32_t size) {
  while (size > 0) {
    uint32_t n = size < 4096 ? size : 4096;
    struct stream_result ret;
    blocking_write_and_flush(stream, data, n, &ret);
    if (ret.is_err) {
      if (!ret.err.is_closed) drop_error(ret.err.error);
      return;
    }
    data += n;
    size -= n;
  }
}

static void show(const struct entry *entry) {
  static const struct text names[] = {{"journal: debug: ", 16}, {"journal: info: ", 15},
                                      {"journal: warning: ", 18}};
  uint32_t stream = get_stderr();
  show_text(stream, names[entry->level].data, names[entry->level].size);
  show_text(stream, entry->text.data, entry->text.size);
  show_text(stream, "\n", 1);
  drop_output_stream(stream);
}

static struct entry kept[MAX_ENTRIES];
static uint32_t count;

static void refuse(struct written *ret, const char *reason, uint32_t size) {
  ret->is_err = 1;
  ret->reason.data = reason;
  ret->reason.size = size;
}

__attribute__((export_name("example:hello/journal#write")))
struct written *journal_write(uint32_t level, const char *text, uint32_t size) {
  static struct written ret;
  if (size == 0) {
    refuse(&ret, "it is empty", 11);
  } else if (count == MAX_ENTRIES) {
    refuse(&ret, "the journal is full", 19);
  } else {
    struct entry *entry = &kept[count++];
    entry->level = level;
    entry->text.data = text;
    entry->text.size = size;
    show(entry);
    ret.is_err = 0;
    ret.number = count;
  }
  return &ret;
}

__attribute__((export_name("example:hello/journal#entries")))
struct entries *journal_entries(void) {
  static struct entries ret;
  ret.data = kept;
  ret.size = count;
  return &ret;
}
