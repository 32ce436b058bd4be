package arize

// StageNotice is what a person should read once per process and account. The methods for roles began as ALPHA, became
// BETA on 2026-05-30, and the Arize API reference has carried no stage for them since; no header of an answer says
// more (Arize API reference and the notes of its official clients).
const StageNotice = "Arize may still change its API for custom roles, which it called beta until mid-2026; " +
	"keep the operator up to date, and look here first if roles stop syncing after a release of Arize"
