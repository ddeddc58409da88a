# The whole example under AddressSanitizer: up, up again, a change, down.
whole_story_under asan
