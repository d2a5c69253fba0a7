/** Another team's subgraph: it adds orders to User, and is also a Relay server. */
export const ORDERS = /* GraphQL */ `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires", "@shareable"])

  type Query {
    orders(first: Int! = 20): OrderConnection!
  }

  interface Node {
    id: ID!
  }

  type Order implements Node @key(fields: "id") {
    id: ID!
    total: Float!
    buyer: User
    soldBy: Tenant
  }

  extend type User @key(fields: "id") {
    id: ID! @external
    email: EmailAddress! @external
    orders: [Order!]!
    invoicesTo: String! @requires(fields: "email")
  }

  type Tenant @key(fields: "id") {
    id: ID!
    turnover: Float!
  }

  type Session @key(fields: "id", resolvable: false) {
    id: ID!
  }

  type OrderConnection {
    edges: [OrderEdge!]!
    pageInfo: PageInfo!
  }

  type OrderEdge {
    cursor: String!
    node: Order!
  }

  type PageInfo @shareable {
    hasNextPage: Boolean!
    hasPreviousPage: Boolean!
    startCursor: String
    endCursor: String
  }

  scalar EmailAddress
`;
