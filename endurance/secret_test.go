package endurance

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// checkSecrets looks for codes and digits where they must not be: in what the server logged, on the level
// debug, and in the bytes of the database and its log.
func (s *service) checkSecrets(cards []card) {
	s.t.Helper()
	files, err := filepath.Glob(s.path("scrip.db*"))
	must(s.t, err)
	if len(files) == 0 || !strings.Contains(s.said.String(), `"redeem"`) {
		s.t.Fatalf("there is nothing to look at: %v\n%s", files, s.said.String())
	}
	kept := map[string][]byte{"the log": []byte(s.said.String())}
	for _, file := range files {
		kept[file], err = os.ReadFile(file)
		must(s.t, err)
	}
	for where, text := range kept {
		text = bytes.ToUpper(text)
		for _, c := range cards {
			for _, form := range []string{c.code, strings.ReplaceAll(c.code, "-", "")} {
				if bytes.Contains(text, []byte(strings.ToUpper(form))) {
					s.t.Errorf("%s holds the code of card %s", where, c.serial)
				}
			}
		}
	}
	for _, letter := range s.post.letters() {
		digits := digitsForm.FindStringSubmatch(letter.text)
		if digits != nil && regexp.MustCompile(`\b`+digits[1]+`\b`).MatchString(s.said.String()) {
			s.t.Errorf("the log holds the digits that were mailed to %s", letter.to)
		}
	}
}
