package giftcode

// The check characters make a code a word of a Reed–Solomon code over GF(32), the field of 32 elements,
// shortened from 31 characters to 18. Each character stands for a field element; the word c0 … c17 is
// the polynomial c0·x¹⁷ + c1·x¹⁶ + … + c17, and it is right when the polynomial is zero at α and at α².
//
// Why every one or two wrong characters are seen: an error of value e at the power i of x adds e·αⁱ to
// the first sum and e·α²ⁱ to the second. One error alone leaves the first sum at e·αⁱ, which is not
// zero. Two, e at i and f at j, could leave both at zero only if e·αⁱ = f·αʲ and e·α²ⁱ = f·α²ʲ, hence
// αⁱ = αʲ. But α has order 31 and i and j differ by at most 17, so that i = j. Two neighbours swapped
// are two wrong characters at most, hence seen too. (That is distance 3, the most that two check
// characters can give.) Any other mistake slips through about once in 1,024 times.
//
// The distance would also allow one wrong character to be put right; we don't, for what is put right
// may be another's code.
//
// Sources: I. S. Reed and G. Solomon, "Polynomial Codes over Certain Finite Fields", J. SIAM 8 (1960),
// 300–304; F. J. MacWilliams and N. J. A. Sloane, "The Theory of Error-Correcting Codes" (1977), ch. 10.

// The field is GF(2)[α] modulo the primitive polynomial α⁵ + α² + 1: addition is exclusive or, and an
// element's bit k is its coefficient of αᵏ.
const (
	fieldBits    = 5
	fieldModulus = 0b100101

	// oneOverAlphaPlusSquare is 1/(α + α²) = α³ + α² + α.
	oneOverAlphaPlusSquare = 0b01110
)

// agrees reports whether the check characters fit the others.
func agrees(values *[codeLength]byte) bool {
	first, second := syndromes(values)
	return first == 0 && second == 0
}

// seal sets the two check characters, whatever they were, so that the values agree. With both at zero
// the sums are s and t, and the characters p·x + q that cancel them solve p·α + q = s, p·α² + q = t.
func seal(values *[codeLength]byte) {
	const p, q = codeLength - 2, codeLength - 1
	values[p], values[q] = 0, 0
	s, t := syndromes(values)
	values[p] = multiply(s^t, oneOverAlphaPlusSquare)
	values[q] = s ^ timesAlpha(values[p])
}

// syndromes are the word's polynomial at α and at α², by Horner's rule.
func syndromes(values *[codeLength]byte) (byte, byte) {
	var first, second byte
	for _, value := range values {
		first = timesAlpha(first) ^ value
		second = timesAlpha(timesAlpha(second)) ^ value
	}
	return first, second
}

func timesAlpha(a byte) byte {
	a <<= 1
	return a ^ (a>>fieldBits)*fieldModulus
}

func multiply(a, b byte) byte {
	var product byte
	for range fieldBits {
		product ^= (b & 1) * a
		a, b = timesAlpha(a), b>>1
	}
	return product
}
