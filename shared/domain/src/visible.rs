//! Invisible characters in texts that other people read.
//!
//! An approver decides by what a text looks like. Control characters, bidirectional controls (`U+202E` shows the rest
//! of a line backwards), zero-width characters and blank letters make a text look like another one, or like nothing.
//! Their list is Unicode's property `Default_Ignorable_Code_Point`, which contains every bidirectional control, and a
//! few that are blank without being on it.

use icu_properties::props::{
    CanonicalCombiningClass, DefaultIgnorableCodePoint, ExtendedPictographic, GeneralCategory, JoiningType,
};
use icu_properties::{CodePointMapData, CodePointSetData};

/// The lines that a text may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// A name or a subject: neither line breaks nor tabs.
    One,
    /// A description or a reason: line breaks (`\n` or `\r\n`) and tabs stay.
    Many,
}

const JOINER: char = '\u{200d}';
const NON_JOINER: char = '\u{200c}';
const EMOJI_STYLE: char = '\u{fe0f}';
const KEYCAP: char = '\u{20e3}';
/// Marks on one letter. No language needs more, and a taller stack covers the lines above and below.
const MARKS: usize = 8;

/// The first character of `text` that readers do not see, or that changes how its neighbours are shown.
///
/// Three characters of that kind are allowed where they belong to the spelling: the joiners of Persian, of the scripts
/// of India and of composed emoji, and the selector that makes an emoji of a symbol.
pub fn first_invisible(text: &str, lines: Lines) -> Option<char> {
    let characters: Vec<char> = text.chars().collect();
    let is_hidden = |(at, character): &(usize, &char)| is_invisible(&characters, *at, **character, lines);
    characters.iter().enumerate().find(is_hidden).map(|(_, character)| *character)
}

/// A name as it is shown: without invisible characters, with one space wherever white space was, and at most `most`
/// characters long. Empty when nothing remains.
pub fn cleaned(name: &str, most: usize) -> String {
    let characters: Vec<char> = name.chars().collect();
    let shown = characters.iter().enumerate().filter_map(|(at, character)| match *character {
        space if space.is_whitespace() => Some(' '),
        other if is_invisible(&characters, at, other, Lines::One) => None,
        other => Some(other),
    });
    let shown: String = shown.collect();
    let words: Vec<_> = shown.split_whitespace().collect();
    let joined: String = words.join(" ").chars().take(most).collect();
    joined.trim_end().to_owned()
}

/// True when a reader sees a letter, a digit, a symbol or a punctuation mark: not only spaces and marks without a letter.
pub(crate) fn shows_something(text: &str) -> bool {
    text.chars().any(|character| !character.is_whitespace() && !is_mark(character))
}

fn is_mark(character: char) -> bool {
    let category = CodePointMapData::<GeneralCategory>::new().get(character);
    matches!(category, GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark)
}

/// Tells whether Unicode lists `character` among those that a reader does not see (`Default_Ignorable_Code_Point`).
pub(crate) fn is_ignorable(character: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
}

fn is_invisible(characters: &[char], at: usize, character: char, lines: Lines) -> bool {
    let before = at.checked_sub(1).and_then(|before| characters.get(before)).copied();
    let after = characters.get(at + 1).copied();
    match character {
        '\n' | '\t' => lines == Lines::One,
        '\r' => lines == Lines::One || after != Some('\n'),
        // Separators of lines and paragraphs, the annotations of interlinear text, a pattern of Braille without dots, the filler
        // of Khitan, the joiners of hieroglyphs, and a note without a head.
        '\u{2028}' | '\u{2029}' | '\u{fff9}'..='\u{fffb}' | '\u{2800}' => true,
        '\u{16fe4}' | '\u{13430}'..='\u{13455}' | '\u{1d159}' => true,
        JOINER => !(follows_virama(before) || is_emoji(before_style(characters, at)) && is_emoji(after)),
        NON_JOINER => !follows_virama(before) && !stands_between_joining_letters(characters, at),
        EMOJI_STYLE => !is_emoji(before) && after != Some(KEYCAP),
        character => {
            character.is_control()
                || is_noncharacter(character)
                || is_ignorable(character)
                || is_private(character)
                || is_stacked(characters, at)
        }
    }
}

/// A code point that means something only to those who agreed on it; to others it may be blank.
fn is_private(character: char) -> bool {
    CodePointMapData::<GeneralCategory>::new().get(character) == GeneralCategory::PrivateUse
}

/// True for a mark on a letter that carries [`MARKS`] already.
fn is_stacked(characters: &[char], at: usize) -> bool {
    let stack = at.checked_sub(MARKS).and_then(|first| characters.get(first..=at));
    stack.is_some_and(|stack| stack.iter().all(|character| is_mark(*character)))
}

/// The character before the one at `at`, and before the selector of emoji style that may stand between them.
fn before_style(characters: &[char], at: usize) -> Option<char> {
    let mut before = characters.get(..at).unwrap_or_default().iter().rev().copied();
    // A tone of skin belongs to the emoji before it.
    before.find(|character| *character != EMOJI_STYLE && !('\u{1f3fb}'..='\u{1f3ff}').contains(character))
}

fn is_emoji(character: Option<char>) -> bool {
    let pictographs = CodePointSetData::new::<ExtendedPictographic>();
    character.is_some_and(|character| pictographs.contains(character))
}

/// RFC 5892, appendix A.2: a joiner may follow a virama.
fn follows_virama(before: Option<char>) -> bool {
    let classes = CodePointMapData::<CanonicalCombiningClass>::new();
    before.is_some_and(|before| classes.get(before) == CanonicalCombiningClass::Virama)
}

/// RFC 5892, appendix A.1: a non-joiner may keep two letters apart that would join, whatever marks they carry.
fn stands_between_joining_letters(characters: &[char], at: usize) -> bool {
    let types = CodePointMapData::<JoiningType>::new();
    let joins = |character: &char| types.get(*character);
    let is_letter = |joining: &JoiningType| *joining != JoiningType::Transparent;
    let (before, after) = (characters.get(..at).unwrap_or_default(), characters.get(at + 1..).unwrap_or_default());
    let before = before.iter().rev().map(joins).find(is_letter);
    let after = after.iter().map(joins).find(is_letter);
    matches!(before, Some(JoiningType::LeftJoining | JoiningType::DualJoining))
        && matches!(after, Some(JoiningType::RightJoining | JoiningType::DualJoining))
}

/// A code point that Unicode promises never to give a character.
fn is_noncharacter(character: char) -> bool {
    let code = u32::from(character);
    (0xfdd0..=0xfdef).contains(&code) || code & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_are_found_in_every_text() {
        for hidden in [
            '\0',
            '\u{7}',
            '\u{1b}',
            '\u{7f}',
            '\u{85}', // controls
            '\u{202e}',
            '\u{202a}',
            '\u{2066}',
            '\u{2069}',
            '\u{200e}',
            '\u{61c}', // bidirectional controls
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{2060}',
            '\u{feff}',
            '\u{ad}',
            '\u{34f}', // of no width
            '\u{2800}',
            '\u{3164}',
            '\u{115f}',
            '\u{ffa0}',
            '\u{17b4}', // blank
            '\u{fe00}',
            '\u{fe0f}',
            '\u{e0041}',
            '\u{e0100}',
            '\u{180e}', // selectors and tags
            '\u{2028}',
            '\u{2029}',
            '\u{fff9}',
            '\u{fffe}',
            '\u{10ffff}',
            '\u{fdd0}',
            '\u{16fe4}',
            '\u{13437}',
            '\u{1d159}',
            '\u{e000}',
            '\u{f0000}', // blank, or known to nobody
        ] {
            for text in [hidden.to_string(), format!("Ada{hidden}Byron"), format!("Ada{hidden}")] {
                for lines in [Lines::One, Lines::Many] {
                    assert_eq!(first_invisible(&text, lines), Some(hidden), "{text:?}");
                }
            }
        }
    }

    #[test]
    fn line_breaks_and_tabs_stay_in_texts_of_many_lines() {
        for text in ["a\nb", "a\tb", "a\r\nb"] {
            assert_eq!(first_invisible(text, Lines::Many), None, "{text:?}");
            assert!(first_invisible(text, Lines::One).is_some(), "{text:?}");
        }
        assert_eq!(first_invisible("a\rb", Lines::Many), Some('\r'), "a terminal would write b over a");
    }

    #[test]
    fn texts_of_all_languages_pass() {
        for text in [
            "Zoë's Café № 5 (β) – “test” … €",
            "Приложение",
            "天気アプリ　二",
            "تطبيق الطقس",
            "می‌خواهم", // a non-joiner between two letters that join
            "क्‍ष",      // a joiner after a virama
            "ทดสอบ",
            "👩‍💻 👩🏽‍🚀 ❤️ 🏳️‍🌈 1️⃣ 🇩🇪", // composed emoji, a selector, a keycap, a flag
            "e\u{301}",
        ] {
            assert_eq!(first_invisible(text, Lines::One), None, "{text}");
        }
    }

    #[test]
    fn marks_do_not_cover_their_neighbours() {
        let letter = |marks: usize| format!("e{}", "\u{301}".repeat(marks));
        assert_eq!(first_invisible(&letter(8), Lines::One), None);
        assert_eq!(first_invisible(&letter(9), Lines::One), Some('\u{301}'));
        assert!(shows_something("e\u{301}") && !shows_something("\u{301}") && !shows_something(" \u{2003}\u{301}"));
    }

    #[test]
    fn a_cleaned_name_shows_what_can_be_seen() {
        for (name, shown) in [
            ("Ada Byron", "Ada Byron"),
            ("  Ada\r\nBcc: eve ", "Ada Bcc: eve"),
            ("Ada\u{202e}nayirB\u{200b}", "AdanayirB"),
            ("\u{2800}\u{3164}", ""),
            ("👩‍💻 Ada", "👩‍💻 Ada"),
        ] {
            assert_eq!(cleaned(name, 100), shown, "{name:?}");
        }
        assert_eq!(cleaned(&"a b".repeat(100), 5), "a ba", "cut, without a space at the end");
    }
}
