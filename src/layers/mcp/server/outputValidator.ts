import { AjvJsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/ajv"

/** The validator of values by their JSON Schema. It is loaded when one is needed, since it takes long to load. */
export const outputValidator = new AjvJsonSchemaValidator()
