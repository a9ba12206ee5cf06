// A command that counts the words of the files in one directory, writes a report into
// another, and then tries what it may not do. It is ordinary C over wasi-libc: what it
// was granted are the directories /in and /out, and there are no others.
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_FILES 100

static int by_name(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static int count_words(FILE *file) {
  int words = 0, inside = 0;
  for (int c; (c = getc(file)) != EOF;) {
    int letter = c != ' ' && c != '\n' && c != '\t';
    if (letter && !inside) words++;
    inside = letter;
  }
  return words;
}

static int report(void) {
  char *names[MAX_FILES];
  int count = 0;
  DIR *dir = opendir("/in");
  if (dir == NULL) {
    printf("cannot list /in: %s\n", strerror(errno));
    return 1;
  }
  for (struct dirent *e; (e = readdir(dir)) != NULL && count < MAX_FILES;)
    if (e->d_name[0] != '.') names[count++] = strdup(e->d_name);
  closedir(dir);
  qsort(names, count, sizeof *names, by_name); // a directory has no order

  FILE *out = fopen("/out/report.txt", "w");
  if (out == NULL) {
    printf("cannot write /out/report.txt: %s\n", strerror(errno));
    return 1;
  }
  for (int i = 0; i < count; i++) {
    char path[512];
    snprintf(path, sizeof path, "/in/%s", names[i]);
    FILE *in = fopen(path, "r");
    if (in == NULL) continue;
    int words = count_words(in);
    fclose(in);
    printf("%s has %d words\n", path, words);
    fprintf(out, "%s %d\n", names[i], words);
    free(names[i]);
  }
  if (fclose(out) != 0) return 1;
  printf("wrote /out/report.txt\n");
  return 0;
}

static void attempt(const char *path, const char *mode) {
  FILE *file = fopen(path, mode);
  const char *what = mode[0] == 'r' ? "read" : "write";
  if (file != NULL) {
    printf("may %s %s\n", what, path);
    fclose(file);
    return;
  }
  printf("may not %s %s: %s\n", what, path, strerror(errno));
}

// Returns 0 for ok, 1 for an error: wasi:cli/run's result.
__attribute__((export_name("wasi:cli/run@0.2.12#run")))
uint32_t run(void) {
  int failed = report();
  attempt("/in/apples.txt", "w");
  attempt("/in/new.txt", "w");
  if (unlink("/in/apples.txt") != 0) printf("may not delete /in/apples.txt: %s\n", strerror(errno));
  attempt("/in/../sidecall.yaml", "r");
  attempt("/etc/passwd", "r");
  return fflush(stdout) != 0 || failed;
}
