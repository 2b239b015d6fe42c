//! `Fn::ForEach` of `AWS::LanguageExtensions`: the rest of the reader sees what loops make, and no loop.

use super::TemplateError;
use super::node::{Node, Value};
use super::resolve::refuse;

/// How the key of a loop begins; its name follows.
pub(super) const LOOP: &str = "Fn::ForEach::";
/// The sections that CloudFormation expands loops in.
const SECTIONS: [&str; 3] = ["Conditions", "Outputs", "Resources"];

/// The template with every loop replaced by what it makes.
///
/// # Errors
/// A loop that is not `[identifier, list of texts, map]`, or makes a name that is there already.
pub(super) fn expand(mut root: Node) -> Result<Node, TemplateError> {
    if let Value::Map(sections) = &mut root.value {
        for (name, section) in sections.iter_mut().filter(|(name, _)| SECTIONS.contains(&name.as_str())) {
            *section = expanded(section, &[], name)?;
        }
    }
    Ok(root)
}

/// An identifier of a loop, and what it stands for in one round.
type Binding<'a> = (&'a str, &'a str);

fn expanded(node: &Node, bound: &[Binding<'_>], place: &str) -> Result<Node, TemplateError> {
    let value = match &node.value {
        Value::Text(text) => Value::Text(substituted(text, bound)),
        Value::List(items) => {
            let items = items.iter().enumerate().map(|(at, item)| expanded(item, bound, &format!("{place}[{at}]")));
            Value::List(items.collect::<Result<_, _>>()?)
        }
        Value::Map(members) => Value::Map(expanded_members(members, bound, place)?),
        Value::Call(function, argument) => {
            match bound.iter().find(|(identifier, _)| argument.text() == Some(identifier)) {
                Some((_, round)) if function == "Ref" => Value::Text((*round).to_owned()),
                _ => Value::Call(function.clone(), Box::new(expanded(argument, bound, place)?)),
            }
        }
        other => other.clone(),
    };
    Ok(Node { file: node.file.clone(), line: node.line, value })
}

fn expanded_members(
    members: &[(String, Node)],
    bound: &[Binding<'_>],
    place: &str,
) -> Result<Vec<(String, Node)>, TemplateError> {
    let mut made: Vec<(String, Node)> = Vec::new();
    for (name, node) in members {
        let name = substituted(name, bound);
        let place = format!("{place}.{name}");
        let new = match name.starts_with(LOOP) {
            true => rounds(node, bound, &place)?,
            false => vec![(name, expanded(node, bound, &place)?)],
        };
        for (name, member) in new {
            if made.iter().any(|(there, _)| *there == name) {
                return Err(refuse(node, &place, format!("this makes `{name}`, which is there already")));
            }
            made.push((name, member));
        }
    }
    Ok(made)
}

/// The items of a loop, round by round.
fn rounds(node: &Node, bound: &[Binding<'_>], place: &str) -> Result<Vec<(String, Node)>, TemplateError> {
    let shape = || refuse(node, place, "a loop is an identifier, a list of texts and a map");
    let Value::List(parts) = &node.value else { return Err(shape()) };
    let [identifier, collection, body] = parts.as_slice() else { return Err(shape()) };
    let (Some(identifier), Value::List(items), Value::Map(body)) = (identifier.text(), &collection.value, &body.value)
    else {
        return Err(shape());
    };
    let mut made = Vec::new();
    for item in items {
        let round = substituted(item.text().ok_or_else(shape)?, bound);
        let bound: Vec<_> = bound.iter().copied().chain([(identifier, round.as_str())]).collect();
        made.extend(expanded_members(body, &bound, place)?);
    }
    Ok(made)
}

/// `${Identifier}` becomes what it stands for, `&{Identifier}` its letters and digits.
fn substituted(text: &str, bound: &[Binding<'_>]) -> String {
    bound.iter().fold(text.to_owned(), |text, (identifier, round)| {
        let plain: String = round.chars().filter(char::is_ascii_alphanumeric).collect();
        text.replace(&format!("${{{identifier}}}"), round).replace(&format!("&{{{identifier}}}"), &plain)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Node, TemplateError> {
        expand(Node::parse(text, None)?)
    }

    #[test]
    fn a_loop_makes_a_member_for_each_item() {
        let text = "Resources:\n  Fn::ForEach::Topics:\n    - Name\n    - [A, B]\n    - ${Name}Topic: {Of: !Ref Name, To: \
                    !Ref Other, In: !Sub 'x${Name}'}\n";
        let root = read(text).unwrap();
        let names: Vec<_> = root.at(["Resources"]).members().iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["ATopic", "BTopic"]);
        let topic = root.at(["Resources", "BTopic"]);
        assert_eq!(topic.get("Of").unwrap().text(), Some("B"));
        let call = |name: &str| match &topic.get(name).unwrap().value {
            Value::Call(function, argument) => (function.clone(), argument.text().unwrap().to_owned()),
            other => panic!("{other:?}"),
        };
        assert_eq!(call("To"), ("Ref".into(), "Other".into()));
        assert_eq!(call("In"), ("Sub".into(), "xB".into()));
    }

    #[test]
    fn loops_nest_and_stand_beside_other_members() {
        let text = "Resources:\n  Plain: {Type: T}\n  Fn::ForEach::Outer:\n    - A\n    - [x, y-z]\n    - Fn::ForEach::Inner:\n        - B\n        - \
                    ['1', '2']\n        - '&{A}${B}': {Tag: '${A}/${B}'}\n";
        let root = read(text).unwrap();
        let names: Vec<_> = root.at(["Resources"]).members().iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["Plain", "x1", "x2", "yz1", "yz2"]);
        assert_eq!(root.at(["Resources", "yz2", "Tag"]).text(), Some("y-z/2"));
    }

    #[test]
    fn a_loop_that_cannot_run_is_refused_with_its_place() {
        for (body, words) in [
            ("[Name, [A], {Fixed: {}}, more]", "a loop is"),
            ("[Name, !Ref Names, {'${Name}': {}}]", "a loop is"),
            ("[Name, [A, B], {Fixed: {}}]", "`Fixed`"),
        ] {
            let error = read(&format!("Resources:\n  Fn::ForEach::Some: {body}\n")).unwrap_err();
            assert!(error.problem.contains(words), "{error}");
            assert!(error.place.contains("Fn::ForEach::Some"), "{error}");
        }
    }
}
