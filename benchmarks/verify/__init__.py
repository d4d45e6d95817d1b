"""The long check: what the app shows, held against independent code and over random numbers that nobody chose."""
