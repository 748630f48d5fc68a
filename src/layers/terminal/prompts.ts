/** The prompts that are used, so that a bundle leaves out the others. */
export { checkbox, input, password, select } from "@inquirer/prompts"
