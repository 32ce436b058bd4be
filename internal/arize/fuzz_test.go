package arize_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// FuzzDecodeRolePage: whatever a list answers, what comes out is sorted, unique and has ids, or is one error.
func FuzzDecodeRolePage(f *testing.F) {
	for _, seed := range []string{
		"", "null", "[]", "{}", "\ufeff{}", "<html>", `{"roles":[`, pageOf(3, 5),
		`{"roles":[{"id":"a","permissions":["B","A","A",null,7]}],"pagination":{"has_more":true,"next_cursor":"c"}}`,
		`{"roles":[null,{"id":null},{"id":"b"}],"pagination":{"has_more":false}}`,
		`{"roles":{},"pagination":[]}`, `{"Roles":[{"ID":"a"}],"PAGINATION":{"HAS_MORE":false}}`,
		`{"roles":[{"id":"a"}],"roles":[{"id":"b"}],"pagination":{"has_more":false},"pagination":null}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		client := answered(t, 200, nil, body)
		pages, failures := 0, 0
		for page, err := range client.RolePages(t.Context(), arize.ListOptions{}) {
			pages++
			if err != nil {
				failures++
				checkError(t, err)
				continue
			}
			if page.HasMore != (page.NextCursor != "") {
				t.Errorf("has more: %v, cursor: %q", page.HasMore, page.NextCursor)
			}
			for _, role := range page.Roles {
				checkRole(t, role)
			}
		}
		if pages > 2 || failures > 1 {
			t.Errorf("%d steps, %d of them failures", pages, failures)
		}
	})
}

func checkRole(t *testing.T, role arize.Role) {
	t.Helper()
	if role.ID == "" {
		t.Error("a role without an id")
	}
	if !slices.IsSorted(role.Permissions) || len(slices.Compact(slices.Clone(role.Permissions))) != len(role.Permissions) {
		t.Errorf("permissions are not a sorted set: %q", role.Permissions)
	}
	if slices.Contains(role.Permissions, "") {
		t.Error("an empty permission")
	}
}

// FuzzProblem: whatever refuses a request, the error is bounded, printable, stable and without the key.
func FuzzProblem(f *testing.F) {
	for _, status := range []int{400, 401, 403, 404, 409, 422, 429, 500, 502, 302, 101, 600} {
		f.Add(status, problemJSON, `{"title":"T","status":422,"detail":"d","error_code":"c","request_id":"r"}`, "https://h/x?y")
	}
	for _, body := range []string{
		"", "null", "[]", "<html>" + secret, secret, `{"detail":["` + secret[:10] + `"]}`, `{"title":"\u0000\u202e\n"}`,
		`{"title":"bad key ak-7f3e/S3cr3t+\"quoted\"\\&<end>="}`, `{"title":"` + strings.Repeat("é", 3000) + `"}`,
		`{"request_id":"` + strings.Repeat("r", 300) + `","error_code":{"a":[1,2,{}]}}`, `{"message":"m"}`, `{"error":{"message":"m"}}`,
	} {
		f.Add(404, "application/json", body, secret)
	}
	f.Fuzz(func(t *testing.T, status int, label, body, header string) {
		headers := http.Header{
			"Content-Type": {label}, "X-Request-Id": {header}, "Location": {header}, "Retry-After": {header}, "Date": {header},
		}
		role, err := answered(t, status, headers, body).Role(t.Context(), "id")
		if err == nil {
			if status < 200 || status > 299 {
				t.Errorf("status %d is a success", status)
			}
			checkRole(t, role)
			return
		}
		checkError(t, err)
	})
}

func checkError(t *testing.T, err error) {
	t.Helper()
	e, ok := errors.AsType[*arize.Error](err)
	if !ok {
		t.Fatalf("an error of another type: %v", err)
	}
	checkText(t, "Title", e.Title, 1024)
	checkText(t, "Detail", e.Detail, 1024)
	checkText(t, "Code", e.Code, 128)
	checkText(t, "RequestID", e.RequestID, 128)
	checkText(t, "Message", e.Message(), 1200)
	checkText(t, "Error", e.Error(), 2600)
	if e.Message() == "" || e.Error() == "" {
		t.Error("an error without words")
	}
	if e.RetryAfter < 0 || e.RetryAfter > arize.MaxRetryAfter {
		t.Errorf("retry after %v", e.RetryAfter)
	}
	checkClass(t, e)
}

func checkClass(t *testing.T, e *arize.Error) {
	t.Helper()
	class := e.Class()
	if class == arize.ClassNone || class == arize.ClassCanceled || e.Refused() && class == arize.ClassUnavailable {
		t.Errorf("class %v, refused %v", class, e.Refused())
	}
	if class == arize.ClassNotFound && (e.StatusCode != http.StatusNotFound || e.Err != nil) {
		t.Errorf("not found, says an answer that is no problem: %v", e)
	}
}

func checkText(t *testing.T, name, text string, limit int) {
	t.Helper()
	if len(text) > limit {
		t.Errorf("%s has %d bytes, more than %d", name, len(text), limit)
	}
	if strings.Contains(text, secret) {
		t.Errorf("%s shows the key: %s", name, text)
	}
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		t.Errorf("%s does not print: %q", name, text)
	}
}

// FuzzRetryAfter: whatever the headers say, the pause is between nothing and an hour.
func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{
		"", "0", "1", "+1", "-1", "1.5", "99999999999999999999999999", "Wed, 25 Nov 2026 10:00:00 GMT", "soon", "\x00", "1, 2",
	} {
		f.Add(seed, "Wed, 25 Nov 2026 09:59:30 GMT")
	}
	f.Fuzz(func(t *testing.T, value, date string) {
		header := http.Header{"Retry-After": {value}, "Date": {date}}
		_, err := answered(t, 429, header, `{"title":"t"}`).Role(t.Context(), "id")
		checkError(t, err)
	})
}

func TestRetryAfter(t *testing.T) {
	const date = "Wed, 25 Nov 2026 10:00:00 GMT"
	for name, test := range map[string]struct {
		value, date string
		want        time.Duration
	}{
		"absent":                            {"", date, 0},
		"seconds":                           {"17", date, 17 * time.Second},
		"white space around":                {" 17 ", date, 17 * time.Second},
		"none":                              {"0", date, 0},
		"negative":                          {"-5", date, 0},
		"a fraction":                        {"1.5", date, 0},
		"words":                             {"soon", date, 0},
		"a day":                             {"86400", date, time.Hour},
		"more than a number holds":          {"99999999999999999999999", date, time.Hour},
		"a date, by the server's own clock": {"Wed, 25 Nov 2026 10:00:42 GMT", date, 42 * time.Second},
		"a date in the old form":            {"Wednesday, 25-Nov-26 10:00:42 GMT", date, 42 * time.Second},
		"a date that is over":               {"Wed, 25 Nov 2026 09:59:59 GMT", date, 0},
		"a date next week":                  {"Wed, 02 Dec 2026 10:00:00 GMT", date, time.Hour},
		"a date, and the server has none":   {time.Now().Add(24 * time.Hour).UTC().Format(http.TimeFormat), "", time.Hour},
		"an old date, and no other":         {"Mon, 02 Jan 2006 15:04:05 GMT", "yesterday", 0},
	} {
		t.Run(name, func(t *testing.T) {
			header := http.Header{"Retry-After": {test.value}, "Date": {test.date}}
			_, err := answered(t, 429, header, "").Role(t.Context(), "id")
			e, _ := errors.AsType[*arize.Error](err)
			if e == nil || e.RetryAfter != test.want {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}
