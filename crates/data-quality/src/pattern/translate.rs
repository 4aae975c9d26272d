use std::{fmt::Write, iter::Peekable, str::Chars};

use crate::error::PatternFault;

/// Members of `\s` in ECMA-262.
const SPACE: &str = r"\t\n\x0B\x0C\r\x20\xA0\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}\x{FEFF}";
const DIGIT: &str = "0-9";
const WORD: &str = "0-9A-Za-z_";

/// The pattern in the language of the engine.
pub(super) fn translate(pattern: &str) -> Result<String, PatternFault> {
    let mut translator = Translator { rest: pattern.chars().peekable(), out: String::new() };
    while let Some(character) = translator.rest.next() {
        translator.token(character)?;
    }
    Ok(translator.out)
}

struct Translator<'a> {
    rest: Peekable<Chars<'a>>,
    out: String,
}

/// What an escape stands for.
enum Escape {
    Character(char),
    /// Members of a class, and whether all others are meant.
    Class(&'static str, bool),
    /// `\p{…}`, as it is written.
    Property(String),
    Boundary(bool),
}

impl Translator<'_> {
    fn token(&mut self, character: char) -> Result<(), PatternFault> {
        match character {
            '\\' => match self.escape()? {
                Escape::Character(character) => self.literal(character),
                Escape::Class(members, negated) => self.class_of(members, negated),
                Escape::Property(text) => self.out.push_str(&text),
                Escape::Boundary(inside) => {
                    self.out.push_str(if inside { r"(?-u:\b)" } else { r"(?-u:\B)" });
                }
            },
            '[' => self.class()?,
            '.' => self.out.push_str(r"[^\n\r\x{2028}\x{2029}]"),
            '(' => self.group()?,
            '{' if !self.is_quantifier() => self.out.push_str(r"\{"),
            '{' => {
                self.out.push('{');
                while let Some(character) = self.rest.next_if(|&character| character != '}') {
                    self.out.push(character);
                }
                self.out.extend(self.rest.next());
            }
            ']' | '}' => self.literal(character),
            '^' | '$' | '*' | '+' | '?' | '|' | ')' => self.out.push(character),
            other => self.literal(other),
        }
        Ok(())
    }

    /// A character that stands for itself.
    fn literal(&mut self, character: char) {
        if character.is_ascii_alphanumeric() || !character.is_ascii() {
            self.out.push(character);
        } else {
            // Writing to a string cannot fail.
            let _ = write!(self.out, r"\x{:02X}", u32::from(character));
        }
    }

    fn class_of(&mut self, members: &str, negated: bool) {
        self.out.push_str(if negated { "[^" } else { "[" });
        self.out.push_str(members);
        self.out.push(']');
    }

    /// Whether `n}`, `n,}` or `n,m}` follows.
    fn is_quantifier(&self) -> bool {
        let text: String = self.rest.clone().take_while(|&character| character != '}').collect();
        let closed = self.rest.clone().any(|character| character == '}');
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let (least, most) = text.split_once(',').unwrap_or((&text, ""));
        closed && !least.is_empty() && digits(least) && digits(most)
    }

    fn group(&mut self) -> Result<(), PatternFault> {
        self.out.push('(');
        if self.rest.next_if_eq(&'?').is_none() {
            return Ok(());
        }
        self.out.push('?');
        match self.rest.next() {
            Some(':') => self.out.push(':'),
            Some('=') => return Err(PatternFault::LookAround("(?=")),
            Some('!') => return Err(PatternFault::LookAround("(?!")),
            Some('<') => match self.rest.peek() {
                Some('=') => return Err(PatternFault::LookAround("(?<=")),
                Some('!') => return Err(PatternFault::LookAround("(?<!")),
                _ => {
                    self.out.push('<');
                    for character in self.rest.by_ref() {
                        self.out.push(character);
                        if character == '>' {
                            break;
                        }
                    }
                }
            },
            other => {
                return Err(PatternFault::UnknownEscape(format!("(?{}", text_of(other))));
            }
        }
        Ok(())
    }

    /// What stands behind a backslash.
    fn escape(&mut self) -> Result<Escape, PatternFault> {
        let unknown = |text: String| Err(PatternFault::UnknownEscape(format!("\\{text}")));
        let Some(character) = self.rest.next() else {
            return Err(PatternFault::Malformed(String::from("it ends in a backslash")));
        };
        Ok(match character {
            'd' | 'D' => Escape::Class(DIGIT, character == 'D'),
            'w' | 'W' => Escape::Class(WORD, character == 'W'),
            's' | 'S' => Escape::Class(SPACE, character == 'S'),
            'b' | 'B' => Escape::Boundary(character == 'b'),
            't' => Escape::Character('\t'),
            'n' => Escape::Character('\n'),
            'v' => Escape::Character('\u{b}'),
            'f' => Escape::Character('\u{c}'),
            'r' => Escape::Character('\r'),
            '0' if !self.rest.peek().is_some_and(char::is_ascii_digit) => Escape::Character('\0'),
            '0'..='9' | 'k' => return Err(PatternFault::BackReference),
            'c' => match self.rest.next() {
                Some(letter) if letter.is_ascii_alphabetic() => {
                    Escape::Character(char::from(letter as u8 % 32))
                }
                other => return unknown(format!("c{}", text_of(other))),
            },
            'x' => Escape::Character(self.digits(2)?),
            'u' => Escape::Character(self.code_point()?),
            'p' | 'P' => {
                let mut text = format!("\\{character}");
                loop {
                    let next = self.rest.next();
                    text.push_str(&text_of(next));
                    match next {
                        Some('}') => break Escape::Property(text),
                        Some(_) if text.len() > 3 || text.ends_with('{') => {}
                        _ => return Err(PatternFault::UnknownEscape(text)),
                    }
                }
            }
            other if other.is_ascii_alphanumeric() => return unknown(String::from(other)),
            other => Escape::Character(other),
        })
    }

    /// The character of so many hexadecimal digits.
    fn digits(&mut self, count: u32) -> Result<char, PatternFault> {
        let value = self.hexadecimal(count)?;
        char::from_u32(value).ok_or_else(|| bad_code(value))
    }

    fn hexadecimal(&mut self, count: u32) -> Result<u32, PatternFault> {
        let mut value = 0;
        for _ in 0..count {
            let next = self.rest.next();
            let digit = next.and_then(|digit| digit.to_digit(16));
            let digit = digit.ok_or_else(|| PatternFault::UnknownEscape(text_of(next)))?;
            value = 16 * value + digit;
        }
        Ok(value)
    }

    /// What follows `\u`: four digits, two times four of a pair, or digits in braces.
    fn code_point(&mut self) -> Result<char, PatternFault> {
        if self.rest.next_if_eq(&'{').is_some() {
            let mut text = String::new();
            while let Some(digit) = self.rest.next_if(char::is_ascii_hexdigit) {
                text.push(digit);
            }
            let value = u32::from_str_radix(&text, 16).ok().and_then(char::from_u32);
            return match (self.rest.next(), value) {
                (Some('}'), Some(character)) => Ok(character),
                _ => Err(PatternFault::UnknownEscape(format!("\\u{{{text}"))),
            };
        }
        let first = self.hexadecimal(4)?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first).ok_or_else(|| bad_code(first));
        }
        let (slash, letter) = (self.rest.next(), self.rest.next());
        if (slash, letter) != (Some('\\'), Some('u')) {
            return Err(bad_code(first));
        }
        let second = self.hexadecimal(4)?;
        let low = second.checked_sub(0xdc00).filter(|&low| low < 0x400);
        let value = low.map(|low| 0x1_0000 + ((first - 0xd800) << 10) + low);
        value.and_then(char::from_u32).ok_or_else(|| bad_code(second))
    }

    /// A class in brackets, of which the first is taken.
    fn class(&mut self) -> Result<(), PatternFault> {
        let negated = self.rest.next_if_eq(&'^').is_some();
        if self.rest.next_if_eq(&']').is_some() {
            // Nothing, or anything.
            self.class_of(r"\x00-\x{10FFFF}", !negated);
            return Ok(());
        }
        self.out.push_str(if negated { "[^" } else { "[" });
        loop {
            let from = match self.member()? {
                None => break,
                Some(Ok(character)) => character,
                Some(Err(class)) => {
                    self.out.push_str(&class);
                    continue;
                }
            };
            self.literal(from);
            let mut ahead = self.rest.clone();
            let is_range = ahead.next() == Some('-') && ahead.next().is_some_and(|it| it != ']');
            if !is_range {
                continue;
            }
            self.rest.next();
            match self.member()? {
                Some(Ok(to)) => {
                    self.out.push('-');
                    self.literal(to);
                }
                // A hyphen before a class stands for itself.
                Some(Err(class)) => {
                    self.literal('-');
                    self.out.push_str(&class);
                }
                None => break,
            }
        }
        self.out.push(']');
        Ok(())
    }

    /// The next member of a class: a character, or text of the engine for several; `None` at the
    /// end of the class.
    fn member(&mut self) -> Result<Option<Result<char, String>>, PatternFault> {
        Ok(Some(match self.rest.next() {
            None => return Err(PatternFault::Malformed(String::from("a [ is not closed"))),
            Some(']') => return Ok(None),
            Some('\\') => match self.escape()? {
                Escape::Character(character) => Ok(character),
                Escape::Class(members, false) => Err(members.to_owned()),
                Escape::Class(members, true) => Err(format!("[^{members}]")),
                Escape::Property(text) => Err(text),
                Escape::Boundary(true) => Ok('\u{8}'),
                Escape::Boundary(false) => {
                    return Err(PatternFault::UnknownEscape(String::from("\\B")));
                }
            },
            Some(character) => Ok(character),
        }))
    }
}

fn text_of(character: Option<char>) -> String {
    character.map(String::from).unwrap_or_default()
}

fn bad_code(value: u32) -> PatternFault {
    PatternFault::UnknownEscape(format!("\\u{value:04x}"))
}
