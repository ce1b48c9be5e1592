"""The state: bookmarks, their forms, and when they leave."""
