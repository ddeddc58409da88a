/*
 * Makes a sanitizer ready before the constructors of any library run: that of libp11-kit, which comes with libcurl, already
 * takes locks and allocates. gcc and clang link something like this by themselves; Zig does not.
 */
#if __has_feature(thread_sanitizer)
extern void __tsan_init(void);
#define SANITIZER_INIT __tsan_init
#else
extern void __asan_init(void);
#define SANITIZER_INIT __asan_init
#endif

__attribute__((section(".preinit_array"), used)) static void (*const sanitizer_first)(void) = SANITIZER_INIT;
