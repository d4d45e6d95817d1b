"""The page frame, the language and the navigation; each page is a script of its own."""

if __name__ == "__main__":  # a worker process that starts again reads this file, and must not run a page
    from pages.ui.widgets import frame

    frame.show()
