export {
  GraphQLDateTime as DateTime,
  GraphQLEmailAddress as EmailAddress,
  GraphQLJSONObject as JSONObject,
  GraphQLURL as Url,
} from "graphql-scalars";
