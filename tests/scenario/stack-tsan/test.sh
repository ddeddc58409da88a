# The whole example under ThreadSanitizer: up, up again, a change, down.
whole_story_under tsan
