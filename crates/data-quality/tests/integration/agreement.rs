use std::{path::Path, sync::Arc};

use arrow::{
    array::{
        ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, StringArray,
    },
    record_batch::RecordBatch,
};
use marquee_data_quality::RowSchema;
use parquet::arrow::ArrowWriter;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::{Run, run};

const NAMES: [&str; 3] = ["a", "b", "c"];

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-4_i64..8).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (i64::MAX as u64..=u64::MAX).prop_map(Value::from),
        (-8_i32..16).prop_map(|halves| json!(f64::from(halves) / 2.0)),
        any::<f64>().prop_filter("finite", |it| it.is_finite()).prop_map(Value::from),
        "[abx1 +.é\n]{0,4}".prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        9 => scalar(),
        1 => prop::collection::vec(scalar(), 0..2).prop_map(Value::from),
        1 => Just(json!({"a": 1})),
    ]
}

fn row() -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::btree_map("[abcd]", value(), 0..5).prop_map(|row| row.into_iter().collect())
}

fn keyword() -> impl Strategy<Value = (&'static str, Value)> {
    let types = || prop::sample::select(vec!["integer", "number", "string", "boolean", "null"]);
    let limit = || {
        prop_oneof![
            (-4_i64..8).prop_map(Value::from),
            (-8_i32..16).prop_map(|halves| json!(f64::from(halves) / 2.0)),
            Just(json!(i64::MAX)),
            Just(json!(9_223_372_036_854_775_808_u64)),
            Just(json!(1e300)),
        ]
    };
    let patterns = vec![
        "^[a-z]+$",
        "a",
        "^a*$",
        r"^\w+$",
        r"\s",
        r"^\S*$",
        "^.$",
        r"\d+(\.\d)?",
        "^[^ab]+$",
        "^(a|b)x?$",
        r"^[A-Za-z0-9+_\-\.]+(?:\+[A-Za-z0-9+_\-\.]+)*$",
    ];
    prop_oneof![
        types().prop_map(|name| ("type", json!(name))),
        prop::collection::btree_set(types(), 1..3).prop_map(|names| ("type", json!(names))),
        limit().prop_map(|it| ("minimum", it)),
        limit().prop_map(|it| ("maximum", it)),
        limit().prop_map(|it| ("exclusiveMinimum", it)),
        limit().prop_map(|it| ("exclusiveMaximum", it)),
        (0_u64..4).prop_map(|it| ("minLength", json!(it))),
        (0_u64..4).prop_map(|it| ("maxLength", json!(it))),
        prop::sample::select(patterns).prop_map(|it| ("pattern", json!(it))),
        prop::collection::vec(value(), 1..4).prop_map(|it| ("enum", json!(it))),
        value().prop_map(|it| ("const", it)),
        Just(("title", json!("a column"))),
    ]
}

fn schema() -> impl Strategy<Value = Value> {
    let column = prop::collection::vec(keyword(), 0..4).prop_map(|keywords| {
        Value::Object(keywords.into_iter().map(|(name, it)| (name.to_owned(), it)).collect())
    });
    (
        prop::collection::vec(column, 3),
        prop::collection::btree_set(prop::sample::select(NAMES.to_vec()), 0..4),
        prop::option::of(any::<bool>()),
    )
        .prop_map(|(columns, required, open)| {
            let columns: Map<String, Value> =
                NAMES.into_iter().map(str::to_owned).zip(columns).collect();
            let mut schema = json!({"type": "object", "properties": columns, "required": required});
            if let Some(open) = open {
                schema["additionalProperties"] = json!(open);
            }
            schema
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn compiled_checks_and_the_whole_schema_give_the_same_verdicts(
        schema in schema(),
        rows in prop::collection::vec(row(), 1..8),
    ) {
        let compiled = RowSchema::new("schema.json".as_ref(), &schema).unwrap();
        let whole = RowSchema::uncompiled("schema.json".as_ref(), &schema).unwrap();
        prop_assert!(compiled.is_compiled() && !whole.is_compiled());
        let plain = jsonschema::draft202012::new(&schema).unwrap();
        for row in rows {
            prop_assert_eq!(compiled.check(&row), whole.check(&row), "{:?}", row);
            // Without the patterns of this crate the verdict is the same where classes are.
            let good = plain.is_valid(&Value::Object(row.clone()));
            prop_assert_eq!(compiled.check(&row).is_empty(), good, "{:?}", row);
        }
    }
}

#[test]
fn what_is_not_compiled_goes_through_the_whole_schema() {
    for (column, good, bad) in [
        (json!({"multipleOf": 2}), json!(4), json!(3)),
        (json!({"anyOf": [{"type": "null"}, {"minimum": 3}]}), json!(3), json!(2)),
        (json!({"$ref": "#/$defs/id"}), json!("x"), json!("y")),
        (json!({"not": {"pattern": "^x"}}), json!("y"), json!("x")),
        (json!(false), Value::Null, json!(1)),
    ] {
        let schema = json!({
            "$defs": {"id": {"pattern": "^x$"}},
            "properties": {"a": column},
        });
        let compiled = RowSchema::new("schema.json".as_ref(), &schema).unwrap();
        assert!(!compiled.is_compiled(), "{schema}");
        let check = |value: &Value| {
            let row = json!({"a": value});
            compiled.check(row.as_object().unwrap())
        };
        if good != Value::Null {
            assert!(check(&good).is_empty(), "{schema}");
        }
        let found = check(&bad);
        assert_eq!(found.len(), 1, "{schema}");
        assert_eq!(found[0].0.as_deref(), Some("a"), "{schema}");
    }
    let between = json!({"properties": {"a": {}}, "dependentRequired": {"a": ["b"]}});
    let schema = RowSchema::new("schema.json".as_ref(), &between).unwrap();
    let found = schema.check(json!({"a": 1}).as_object().unwrap());
    assert_eq!(found.len(), 1);
}

/// Five values of a column as Parquet has them, some of types that JSON has not.
fn column() -> impl Strategy<Value = ArrayRef> {
    fn five<T: std::fmt::Debug>(
        values: impl Strategy<Value = T>,
    ) -> impl Strategy<Value = Vec<Option<T>>> {
        prop::collection::vec(prop::option::weighted(0.8, values), 5)
    }
    let floats = prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(2.0), Just(-0.5)];
    prop_oneof![
        five(-4_i64..8).prop_map(|it| Arc::new(Int64Array::from(it)) as ArrayRef),
        five(floats).prop_map(|it| Arc::new(Float64Array::from(it)) as ArrayRef),
        five("[abx1]{0,4}").prop_map(|it| Arc::new(StringArray::from(it)) as ArrayRef),
        five(any::<bool>()).prop_map(|it| Arc::new(BooleanArray::from(it)) as ArrayRef),
        five(0_i32..9).prop_map(|it| Arc::new(Date32Array::from(it)) as ArrayRef),
        five(0_i128..9).prop_map(|it| Arc::new(Decimal128Array::from(it)) as ArrayRef),
    ]
}

/// A table of four good columns, `a`, `b` and `c` that the schema describes, and `d`.
fn write_parquet(path: &Path, further: &[ArrayRef]) {
    let integers = || Arc::new(Int64Array::from(vec![3; 5])) as ArrayRef;
    let films = Arc::new(StringArray::from(vec!["heat+1995"; 5])) as ArrayRef;
    let four = [
        ("user_id", integers()),
        ("movie_id", films),
        ("rating", integers()),
        ("timestamp", integers()),
    ];
    let others = ["a", "b", "c", "d"].into_iter().zip(further.iter().cloned());
    let batch = RecordBatch::try_from_iter(four.into_iter().chain(others)).unwrap();
    let file = fs_err::File::create(path).unwrap().into_parts().0;
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// Line and reasons of the rejects of a Parquet file, the reasons of a row in one order.
fn rejects_of(folder: &Run, schema: &Value) -> Vec<(u64, Vec<String>)> {
    let mut job = folder.job_on(&folder.path("in.parquet"));
    job.schema = folder.path("rows.schema.json");
    fs_err::write(&job.schema, schema.to_string()).unwrap();
    run(&job).unwrap();
    let mut rejects = folder.reasons();
    rejects.iter_mut().for_each(|reject| reject.1.sort());
    rejects
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_give_the_same_verdicts_on_values_of_parquet(
        schema in schema(),
        columns in prop::collection::vec(column(), 4),
    ) {
        let folder = Run::new();
        write_parquet(&folder.path("in.parquet"), &columns);
        let compiled = rejects_of(&folder, &schema);
        let mut whole = schema;
        whole["minProperties"] = json!(0);
        prop_assert_eq!(compiled, rejects_of(&folder, &whole), "{}", whole);
    }
}

#[test]
fn a_value_that_json_has_no_type_for_is_a_fault_of_type_whatever_the_path() {
    let dates = Arc::new(Date32Array::from(vec![1; 5])) as ArrayRef;
    let numbers = Arc::new(Float64Array::from(vec![f64::NAN; 5])) as ArrayRef;
    let folder = Run::new();
    write_parquet(&folder.path("in.parquet"), &[dates.clone(), numbers, dates.clone(), dates]);
    for rest in [json!({}), json!({"minProperties": 1}), json!({"allOf": [true]})] {
        let text = json!({"type": "string", "minLength": 1});
        let mut schema = json!({"properties": {"a": text, "b": {"type": ["string", "number"]}, "c": true, "d": true}});
        schema.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        let found = rejects_of(&folder, &schema);
        assert_eq!(found.len(), 5, "{schema}");
        assert_eq!(found[0].1, ["a:type", "b:type", "c:type", "d:type"], "{schema}");
    }
    // What no part of an open schema speaks of is not looked at.
    for schema in [json!({"properties": {}}), json!({"minProperties": 8})] {
        assert!(rejects_of(&folder, &schema).is_empty(), "{schema}");
    }
    let spoken = json!({"patternProperties": {"^[abc]$": {"type": "string"}}});
    assert_eq!(rejects_of(&folder, &spoken)[0].1.len(), 4);
}
