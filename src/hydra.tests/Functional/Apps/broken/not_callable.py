app = {"this": "is no application"}
