package arizetest

import _ "embed" // the document

// OpenAPI is our OpenAPI 3.1 description of the part of the Arize API that this project uses. Both the answers of the
// simulator and the requests of the client are held against it.
//
//go:embed openapi.yaml
var OpenAPI []byte
