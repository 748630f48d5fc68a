/** The file of the record in the state folder. */
export const recordFile = "authority.db"
