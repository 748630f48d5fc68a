/**
 * The prefix of the projections' tables: those in the file, or temporary ones of a connection that compares them. A
 * temporary table of the same name would hide the one in the file.
 */
export type Place = "main." | "temp.rebuilt_"
