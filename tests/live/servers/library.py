"""A GraphQL server (ariadne): books in memory, with errors of every kind that GraphQL knows.

gunicorn library:app            POST / with {query, variables, operationName}
"""

from ariadne import MutationType, ObjectType, QueryType, make_executable_schema
from ariadne.wsgi import GraphQL

SCHEMA = """
type Query {
  books(author: String, first: Int = 10): [Book!]!
  book(id: ID!): Book
  broken: String
}
type Mutation { add(book: NewBook!): Book! }
type Book { id: ID! title: String! author: String! tags: [String!]! review: String }
input NewBook { title: String! author: String! tags: [String!] = [] }
"""

BOOKS = [
    {"id": "1", "title": "Sketch of the Analytical Engine", "author": "Ada", "tags": ["notes", "engine"]},
    {"id": "2", "title": "On Computable Numbers", "author": "Alan", "tags": []},
]

query, mutation, book = QueryType(), MutationType(), ObjectType("Book")


@query.field("books")
def books(*_, author=None, first):
    return [one for one in BOOKS if author in (None, one["author"])][:first]


@query.field("book")
def book_of(*_, id):
    return next((one for one in BOOKS if one["id"] == id), None)


@query.field("broken")
def broken(*_):
    raise ValueError("the shelf fell down")


@mutation.field("add")
def add(*_, book):
    return {"id": "3", **book}


@book.field("review")
def review(one, _):
    raise ValueError(f"nobody has read {one['title']}")


app = GraphQL(make_executable_schema(SCHEMA, query, mutation, book))
