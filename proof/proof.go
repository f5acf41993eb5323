// Package proof draws what a printer is to make of a card: its front and back in each of the product's languages, as
// vectors, with bleed and crop marks. It holds no code: what stands under the foil is a specimen that no card has.
package proof

import (
	_ "embed"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"github.com/boombuler/barcode/code128"

	"scrip/catalog"
	"scrip/locale"
)

// The fonts are DejaVu's, which cover Latin, Greek and Cyrillic; font/LICENSE says who may use them.
var (
	//go:embed font/DejaVuSansCondensed.ttf
	plain []byte
	//go:embed font/DejaVuSansCondensed-Bold.ttf
	bold []byte
	//go:embed font/DejaVuSansMono-Bold.ttf
	mono []byte
)

// All lengths are in millimetres. A card is ISO/IEC 7810 ID-1.
const (
	width, height, corner = 85.6, 53.98, 3.18
	bleed                 = 3.0
	margin                = 12.0 // of the page around the card
	inside                = 5.0  // of the card around what is read
	module                = 0.3  // the thinnest bar
	foilHeight            = 8.0
)

const (
	// SpecimenCode looks like a code and is none: its check characters are wrong.
	SpecimenCode = "SPECIM-EN0000-000000"
	// SpecimenSerial is a serial number of no card.
	SpecimenSerial = "0000-0000-0000-0"
)

// Card is what is printed on every card of a product.
type Card struct {
	Product catalog.Product
	Brand   string
	Accent  string // as in #5b3df5
	Site    string // where it is redeemed
	At      time.Time
}

// Languages are those in which the product has texts, or all where it has none.
func Languages(product catalog.Product, all *locale.Bundle) (languages []*locale.Language) {
	for _, language := range all.Languages() {
		if _, has := product.Texts[language.Tag()]; has || len(product.Texts) == 0 {
			languages = append(languages, language)
		}
	}
	if len(languages) == 0 {
		languages = append(languages, all.English())
	}
	return languages
}

// Write writes the proof as a PDF, two pages a language.
func Write(to io.Writer, card Card, languages []*locale.Language) error {
	pdf := fpdf.NewCustom(&fpdf.InitType{UnitStr: "mm", Size: fpdf.SizeType{Wd: width + 2*margin, Ht: height + 2*margin}})
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetMargins(0, 0, 0)
	pdf.SetCellMargin(0)
	pdf.SetTitle(fmt.Sprintf("%s: %s", card.Brand, card.Product.ID), true)
	pdf.SetCreationDate(card.At)
	pdf.SetModificationDate(card.At)
	pdf.SetCatalogSort(true)
	pdf.AddUTF8FontFromBytes("text", "", plain)
	pdf.AddUTF8FontFromBytes("text", "B", bold)
	pdf.AddUTF8FontFromBytes("code", "", mono)
	for _, language := range languages {
		side := side{pdf, card, language}
		side.front()
		if err := side.back(); err != nil {
			return err
		}
	}
	return pdf.Output(to)
}

// side is a side of a card in a language, on a page of its own.
type side struct {
	*fpdf.Fpdf
	card     Card
	language *locale.Language
}

func (s side) front() {
	s.page("proof.front")
	red, green, blue := colour(s.card.Accent)
	s.SetFillColor(red, green, blue)
	s.Rect(margin-bleed, margin-bleed, width+2*bleed, height+2*bleed, "F")
	s.SetTextColor(255, 255, 255)
	s.line(text{s.card.Brand, "B", 20, 14})
	name := s.card.Product.Texts[s.language.Tag()].Name
	if name == "" {
		name = s.language.T("proof.card")
	}
	s.line(text{name, "", 11, 22})
	s.line(text{s.value(), "B", 17, height - 7})
	s.crops()
}

func (s side) back() error {
	s.page("proof.back")
	s.SetFillColor(255, 255, 255)
	s.Rect(margin-bleed, margin-bleed, width+2*bleed, height+2*bleed, "F")
	s.SetTextColor(20, 20, 20)
	s.line(text{s.language.T("proof.code"), "B", 6.5, 6.5})
	s.foil()
	s.rules()
	if err := s.serial(); err != nil {
		return err
	}
	s.crops()
	return nil
}

// page begins a page, whose boxes say to the printer where it is cut.
func (s side) page(name string) {
	s.SetPageBox("trim", margin, margin, width, height)
	s.SetPageBox("bleed", margin-bleed, margin-bleed, width+2*bleed, height+2*bleed)
	s.AddPage()
	s.SetTextColor(90, 90, 90)
	s.SetFont("text", "", 5.5)
	s.Text(margin+8, 4, fmt.Sprintf("%s · %s · %s · %s · %s × %s mm", s.card.Product.ID, s.language.Tag(), s.language.T(name), s.language.T("proof.specimen"),
		strconv.FormatFloat(width, 'f', -1, 64), strconv.FormatFloat(height, 'f', -1, 64)))
}

// text is a line of text with its font's style and size in points, and where it stands below the card's upper edge.
type text struct {
	text, style string
	size, below float64
}

// line writes a line, made smaller where it is longer than the card is wide.
func (s side) line(t text) {
	s.SetFont("text", t.style, t.size)
	if wide, most := s.GetStringWidth(t.text), width-2*inside; wide > most {
		s.SetFontSize(t.size * most / wide)
	}
	s.Text(margin+inside, margin+t.below, t.text)
}

func (s side) value() string {
	p := s.card.Product
	if p.Most.IsZero() {
		return s.language.Money(p.Value)
	}
	return s.language.T("proof.range", "Least", p.Value, "Most", p.Most)
}

// foil is where the code is printed, and the foil laid over it.
func (s side) foil() {
	x, y := margin+inside, margin+8.0
	s.SetFillColor(236, 236, 236)
	s.SetDrawColor(90, 90, 90)
	s.SetLineWidth(0.15)
	s.SetDashPattern([]float64{1, 0.6}, 0)
	s.Rect(x, y, width-2*inside, foilHeight, "FD")
	s.SetDashPattern(nil, 0)
	s.SetFont("code", "", 12)
	s.Text(x+2, y+5.4, SpecimenCode)
	s.SetFont("text", "", 4.5)
	note := s.language.T("proof.specimen") + " · " + s.language.T("proof.foil")
	s.Text(x+width-2*inside-s.GetStringWidth(note), y-1.5, note)
}

// rules are what every card says, and what the catalogue says of this one.
func (s side) rules() {
	says := []string{s.language.T("proof.redeem", "Site", s.card.Site) + " " + s.language.T("proof.sold")}
	for _, key := range []string{"cards.rules.secret", "cards.rules.expire", "cards.rules.refund", "cards.rules.reload"} {
		says = append(says, s.language.T(key))
	}
	if own := s.card.Product.Texts[s.language.Tag()].Says; own != "" {
		says = append(says, own)
	}
	s.SetFont("text", "", s.fitting(strings.Join(says, " ")))
	_, size := s.GetFontSize()
	s.SetXY(margin+inside, margin+18)
	s.MultiCell(width-2*inside, size*1.2, strings.Join(says, " "), "", "L", false)
}

// rulesHeight is the room that the rules have.
const rulesHeight = 19.0

// fitting is the size of font, of at most 6.5 points, in which a text finds room.
func (s side) fitting(all string) float64 {
	size := 6.5
	for ; size > 3; size -= 0.25 {
		s.SetFont("text", "", size)
		_, high := s.GetFontSize()
		if float64(len(s.SplitText(all, width-2*inside)))*high*1.2 <= rulesHeight {
			break
		}
	}
	return size
}

// serial is the serial number as Code 128, in bars that are vectors, and in digits.
func (s side) serial() error {
	code, err := code128.Encode(strings.ReplaceAll(SpecimenSerial, "-", ""))
	if err != nil {
		return err
	}
	x, y := margin+inside, margin+height-14.5
	s.SetFillColor(0, 0, 0)
	bars := code.Bounds().Dx()
	for at := 0; at < bars; at++ {
		wide := 0
		for at+wide < bars && isBar(code.At(at+wide, 0)) {
			wide++
		}
		if wide > 0 {
			s.Rect(x+float64(at)*module, y, float64(wide)*module, 8, "F")
			at += wide
		}
	}
	s.SetFont("code", "", 6.5)
	s.Text(x, y+10.8, SpecimenSerial)
	s.SetFont("text", "", 5)
	s.Text(x+float64(bars)*module+5, y+10.8, s.language.T("proof.specimen"))
	return nil
}

// crops are the marks at the four corners, outside of the bleed.
func (s side) crops() {
	s.SetDrawColor(0, 0, 0)
	s.SetLineWidth(0.1)
	const long = 5.0
	for _, x := range []float64{margin, margin + width} {
		s.Line(x, margin-bleed-1-long, x, margin-bleed-1)
		s.Line(x, margin+height+bleed+1, x, margin+height+bleed+1+long)
	}
	for _, y := range []float64{margin, margin + height} {
		s.Line(margin-bleed-1-long, y, margin-bleed-1, y)
		s.Line(margin+width+bleed+1, y, margin+width+bleed+1+long, y)
	}
	s.SetDrawColor(150, 150, 150)
	s.RoundedRect(margin, margin, width, height, corner, "1234", "D") // where the die cuts
}
