def compute():
    return 1 / 0


app = compute()
