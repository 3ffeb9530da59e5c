"""A FastAPI route as applications have them: a path parameter, a query parameter, a model as the answer."""

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Item(BaseModel):
    """What the route answers with."""

    id: int
    name: str
    tags: list[str]
    price: float


@app.get("/items/{item_id}")
async def item(item_id: int, q: str = "none") -> Item:
    """Validates both parameters and the answer."""
    return Item(id=item_id, name=q, tags=["red", "small"], price=item_id * 1.5)
