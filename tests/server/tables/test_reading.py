"""Files as people have them: what is read of each, what is guessed, and the sentence where there is nothing to read."""

from __future__ import annotations

import random
import re
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from server.tables.reading import read
from server.tables.table import MAX_ROWS, Choices, Reading, TableError
from server.tables.writing import guarded, unguarded, write
from spiral_core.points import MAX_POINTS, Points
from tests.core.strategies import own_points
from tests.support.catalogue import ROOT
from tests.support.fuzz import CASES

INPUTS = ROOT / "tests" / "inputs"
ABAB = "abab"


class Case(NamedTuple):
    """A file and what comes of it. first: the first point; classes: its classes in their order; guesses: some of the guesses."""

    content: str | bytes
    axes: tuple[str, str]
    first: tuple[float, float]
    classes: tuple[str, ...]
    points: int
    guesses: dict[str, Any] = {}  # noqa: RUF012 (never changed)
    choices: Choices = Choices()


def table(*rows: str, end: str = "\n") -> str:
    return end.join(rows) + end


GIVEN: dict[str, Any] = {
    "04_roster.csv": (("키(cm)", "몸무게(kg)"), (174.0, 70.9), ("남학생", "여학생"), 60, {"encoding": "cp949", "header": 1}),
    "08b_thousands_small.csv": (("월소득(천원)", "월지출(천원)"), (3038.0, 548.0), ("서울", "부산"), 40, {"decimal": "."}),
    "09_title.csv": (("키", "몸무게"), (174.0, 70.9), ("남학생", "여학생"), 60, {"header": 3}),
    "10_units.csv": (("키 (cm)", "몸무게 (kg)"), (174.0, 70.9), ("남학생", "여학생"), 60, {}),
    "17_excel.xlsx": (("키(cm)", "몸무게(kg)"), (174.0, 70.9), ("남학생", "여학생"), 60, {"header": 1}),
    "20_bmi.csv": (("키(m)", "몸무게(kg)"), (1.71, 56.9), ("정상", "과체중"), 200, {}),
    "decimal_comma_no_header.csv": (
        ("column 1", "column 2"),
        (1.5, 2.5),
        ("a", "b"),
        3,
        {"decimal": ",", "delimiter": ";", "header": 0},
    ),
    "id_column.csv": (("Length", "Width"), (5.1, 3.5), ("one", "two", "three"), 4, {}),
    "numpy_savetxt_header.txt": (("x", "y"), (1.5, 2.0), ("0", "1"), 3, {"delimiter": " ", "header": 1}),
    "r_write_table.txt": (("x", "y"), (1.5, 2.0), ("a", "b"), 3, {"delimiter": " ", "header": 1}),
    "sep_line.csv": (("x", "y"), (1.5, 2.0), ("a", "b"), 3, {"delimiter": ";", "header": 2}),
    "thousands_comma.csv": (("income", "age"), (950.0, 20.0), ("a", "b"), 4, {"decimal": "."}),
    "trailing_delimiter_header.csv": (("x", "y"), (1.5, 2.0), ("a", "b"), 3, {"header": 1}),
    "uci_name.data": (("column 1", "column 2"), (5.1, 3.5), ("one", "two", "three"), 3, {"header": 0}),
    "unicode_minus.csv": (("x", "y"), (-1.5, 2.0), ("a", "b"), 3, {}),
    "windows_1252_degree.csv": (("Temp °C", "Humidity"), (1.5, 2.5), ("a", "b"), 3, {"encoding": "cp1252"}),
}

OWN = {
    # delimiters
    "tabs": Case("x\ty\tclass\n1.5\t2\tNew York\n3\t4.5\tParis\n", ("x", "y"), (1.5, 2), ("New York", "Paris"), 2, {"delimiter": "\t"}),
    "bars": Case("x|y|class\n1.5|2|a\n3|4.5|b\n", ("x", "y"), (1.5, 2), ("a", "b"), 2, {"delimiter": "|"}),
    "columns of spaces": Case("  x     y  class\n 1.5   2.0 a\n-3.0  14.5 b\n", ("x", "y"), (1.5, 2), ("a", "b"), 2, {"delimiter": " "}),
    "comma and space": Case("x, y, class\n1.5, 2, a\n3, 4.5, b\n", ("x", "y"), (1.5, 2), ("a", "b"), 2, {"delimiter": ","}),
    "sep line with tab": Case("sep=\t\nx\ty\tc\n1\t2.5\ta\n3\t4.5\tb\n", ("x", "y"), (1, 2.5), ("a", "b"), 2, {"delimiter": "\t"}),
    "quoted delimiters": Case('x,y,class\n1.5,2,"a, first"\n3,4,"b ""two"""\n', ("x", "y"), (1.5, 2), ("a, first", 'b "two"'), 2),
    "a line break in a cell": Case('"height\n(cm)",y,class\n1.5,2,a\n3,4,b\n', ("height (cm)", "y"), (1.5, 2), ("a", "b"), 2, {"header": 1}),
    "old Mac": Case("x,y,class\r1.5,2,a\r3,4,b\r", ("x", "y"), (1.5, 2), ("a", "b"), 2),
    "Windows": Case("x,y,class\r\n1.5,2,a\r\n\r\n3,4,b\r\n", ("x", "y"), (1.5, 2), ("a", "b"), 2),
    # encodings
    "UTF-32 with a mark": Case("키,무게,반\n1.5,2,가\n3,4,나\n".encode("utf-32"), ("키", "무게"), (1.5, 2), ("가", "나"), 2, {"encoding": "utf-32"}),
    "UTF-16 with a mark": Case("키,무게,반\n1.5,2,가\n3,4,나\n".encode("utf-16"), ("키", "무게"), (1.5, 2), ("가", "나"), 2, {"encoding": "utf-16-le"}),
    "UTF-16 without one": Case("x,y,class\n1.5,2,a\n3,4,b\n".encode("utf-16-be"), ("x", "y"), (1.5, 2), ("a", "b"), 2, {"encoding": "utf-16-be"}),
    "a mark": Case("x,y,class\n1.5,2,a\n3,4,b\n".encode("utf-8-sig"), ("x", "y"), (1.5, 2), ("a", "b"), 2, {"encoding": "utf-8"}),
    "French": Case("Température;Âge;Été\n1,5;2;été\n3;4,5;août\n".encode("cp1252"), ("Température", "Âge"), (1.5, 2), ("été", "août"), 2, {"encoding": "cp1252"}),
    "German": Case("Größe (µm);Länge (m²);Ort\n1,5;2,5;Köln\n3,5;4;Nürnberg\n".encode("cp1252"), ("Größe (µm)", "Länge (m²)"), (1.5, 2.5), ("Köln", "Nürnberg"), 2, {"encoding": "cp1252"}),
    "Spanish capitals": Case("AÑO,ÁREA,REGIÓN\n1.5,2,CÁDIZ\n3,4,LEÓN\n".encode("cp1252"), ("AÑO", "ÁREA"), (1.5, 2), ("CÁDIZ", "LEÓN"), 2, {"encoding": "cp1252"}),
    "Korean with signs": Case("온도(℃),길이(㎝),판정\n1.5,2,정상\n3,4,이상\n".encode("cp949"), ("온도(℃)", "길이(㎝)"), (1.5, 2), ("정상", "이상"), 2, {"encoding": "cp949"}),
    "rare syllables": Case("x,y,종류\n1.5,2,똠방각하\n3,4,펲시맨\n".encode("cp949"), ("x", "y"), (1.5, 2), ("똠방각하", "펲시맨"), 2, {"encoding": "cp949"}),
    "Japanese, chosen": Case("x,y,種類\n1.5,2,猫\n3,4,犬\n".encode("shift_jis"), ("x", "y"), (1.5, 2), ("猫", "犬"), 2, {}, Choices(encoding="shift_jis")),
    "a sign that ends DOS files": Case("x,y,class\r\n1.5,2,a\r\n3,4,b\r\n\x1a", ("x", "y"), (1.5, 2), ("a", "b"), 2),
    "cut off in a letter": Case("키,무게,반\n1.5,2,가\n3,4,나\n5,6,다".encode()[:-1], ("키", "무게"), (1.5, 2), ("가", "나"), 2, {"encoding": "utf-8"}),
    "letters in parts": Case("x,y,종류\n1.5,2,고양이\n3,4,고양이\n5,6,개\n".replace("양이\n3", "\u110b\u1163\u11bc이\n3"), ("x", "y"), (1.5, 2), ("고양이", "개"), 3),
    # numbers
    "thousands by whole column": Case('a,b,class\n"1,601","2,500",x\n936,"3,001",y\n', ("a", "b"), (1601, 2500), ("x", "y"), 2, {"decimal": "."}),
    "thousands and decimals": Case('a;b;class\n"1,601.5";2.5;x\n936.25;1.25;y\n', ("a", "b"), (1601.5, 2.5), ("x", "y"), 2, {"decimal": "."}),
    "German thousands": Case("a;b;class\n1.601,5;2,5;x\n936,25;1,25;y\n", ("a", "b"), (1601.5, 2.5), ("x", "y"), 2, {"decimal": ","}),
    "German thousands alone": Case("a;b;class\n1.601;2,5;x\n936;1,25;y\n", ("a", "b"), (1601, 2.5), ("x", "y"), 2, {"decimal": ","}),
    "three decimals": Case("a,b,class\n1.601,2.503,x\n0.936,1.250,y\n", ("a", "b"), (1.601, 2.503), ("x", "y"), 2, {"decimal": "."}),
    "three decimals after a comma": Case("a;b;class\n0,601;2,503;x\n1,936;1,250;y\n", ("a", "b"), (0.601, 2.503), ("x", "y"), 2, {"decimal": ","}),
    "German thousands beside decimal commas": Case("Einwohner;Fläche;Typ\n1.200;12,5;a\n85;7,25;b\n950;9,5;a\n2.345;1,25;b\n", ("Einwohner", "Fläche"), (1200, 12.5), ("a", "b"), 4, {"decimal": ","}),
    "thousands with spaces between tabs": Case("Prix\tCout\tclasse\n1 200\t3 400\tA\n2 201\t4 401\tB\n3 202\t5 402\tA\n", ("Prix", "Cout"), (1200, 3400), ("A", "B"), 3, {"delimiter": "\t"}),
    "currencies": Case("price,cost,class\n₹1200,CHF 3.5,a\n₹900,CHF 4,b\n", ("price (₹)", "cost (CHF)"), (1200, 3.5), ("a", "b"), 2),
    "square metres": Case("area,height,class\n12 m2,3.5,a\n9.5 m2,4,b\n", ("area (m2)", "height"), (12, 3.5), ("a", "b"), 2),
    "millions": Case('a;b;class\n1,234,567;2.5;x\n936;1.5;y\n', ("a", "b"), (1234567, 2.5), ("x", "y"), 2, {"decimal": "."}),
    "spaces in thousands": Case("a;b;class\n1\u00a0601,5;2\u202f000;x\n936;1 250;y\n", ("a", "b"), (1601.5, 2000), ("x", "y"), 2, {"decimal": ","}),
    "Swiss": Case("a;b;class\n1'601.5;2’000;x\n936.1;1'250;y\n", ("a", "b"), (1601.5, 2000), ("x", "y"), 2, {"decimal": "."}),
    "chosen decimals": Case('a;b;class\n1,601;2,503;x\n1,936;1,250;y\n', ("a", "b"), (1601, 2503), ("x", "y"), 2, {"decimal": "."}, Choices(decimal=".")),
    "minus signs": Case("x,y,class\n−1.5,–2,a\n－3,+4,b\n", ("x", "y"), (-1.5, -2), ("a", "b"), 2),
    "powers of ten": Case("x y c\n1.5e+00 -2.0E-1 0.000000e+00\n3.0e+00 4.0e+00 1.000000e+00\n", ("x", "y"), (1.5, -0.2), ("0", "1"), 2),
    "Arabic digits": Case("x;y;class\n١٫٥;٢;a\n١٬٠٠٠٫٥;٤;b\n", ("x", "y"), (1.5, 2), ("a", "b"), 2),
    "thin spaces": Case("a;b;class\n1\u2009601,5;2;x\n936,2;3;y\n", ("a", "b"), (1601.5, 2), ("x", "y"), 2, {"decimal": ","}),
    "lakh": Case("a;b;class\n12,34,567;2.5;x\n936;1.5;y\n", ("a", "b"), (1234567, 2.5), ("x", "y"), 2, {"decimal": "."}),
    "powers of ten with commas": Case("x;y;class\n1,5e-3;2,0E+2;a\n3,25E1;4;b\n", ("x", "y"), (0.0015, 200), ("a", "b"), 2, {"decimal": ","}),
    "quoted decimal commas": Case('"x","y","class"\n"1,5","2","a"\n"3,0","4","b"\n', ("x", "y"), (1.5, 2), ("a", "b"), 2, {"decimal": ",", "delimiter": ","}),
    "full width": Case("x,y,class\n１．５,２,a\n3,4,b\n", ("x", "y"), (1.5, 2), ("a", "b"), 2),
    # units
    "units with spaces": Case("height;weight;class\n174 cm;65 kg;a\n180 cm;70,5 kg;b\n", ("height (cm)", "weight (kg)"), (174, 65), ("a", "b"), 2),
    "percent": Case("a,b,class\n45%,1.5,x\n50 %,2.5,y\n", ("a (%)", "b"), (45, 1.5), ("x", "y"), 2),
    "money": Case('a,b,class\n"$1,200.50",1.5,x\n$90.00,2.5,y\n', ("a ($)", "b"), (1200.5, 1.5), ("x", "y"), 2),
    "won": Case('소득,나이,지역\n"1,200만원",25세,서울\n900만원,31세,부산\n', ("소득 (만원)", "나이 (세)"), (1200, 25), ("서울", "부산"), 2),
    "units in a row of their own": Case("a,b,class\ncm,kg,\n174,65.5,x\n180,70,y\n", ("a", "b"), (174, 65.5), ("x", "y"), 2, {"header": 1}),
    # headers
    "title": Case("Class 3, spring\n\nx,y,class\n1.5,2,a\n3,4,b\n", ("x", "y"), (1.5, 2), ("a", "b"), 2, {"header": 3}),
    "two titles in a spreadsheet": Case("Results,,\nof 2024,,\nx,y,class\n1.5,2,a\n3,4,b\n", ("x", "y"), (1.5, 2), ("a", "b"), 2, {"header": 3}),
    "title, no names": Case("Results,,\n1.5,2,a\n3,4,b\n5,6,b\n", ("column 1", "column 2"), (1.5, 2), ("a", "b"), 3, {"header": 0}),
    "comments": Case("# made by hand\n# twice\nx,y,class\n1.5,2,a\n# a pause\n3,4,b\n", ("x", "y"), (1.5, 2), ("a", "b"), 2, {"header": 3}),
    "percent comments": Case("% made by hand in the spring\n1.5 2 a\n3 4 b\n", ("column 1", "column 2"), (1.5, 2), ("a", "b"), 2),
    "slashes": Case("// x;y;class\n1,5;2;a\n3;4,5;b\n", ("x", "y"), (1.5, 2), ("a", "b"), 2, {"header": 1}),
    "a column called #": Case("#,x,y,class\n1,1.5,2,a\n2,3,4,b\n", ("x", "y"), (1.5, 2), ("a", "b"), 2, {"header": 1}),
    "colours are no comments": Case("#ff0000,1.5,2\n#ff0000,2.5,3\n#00ff00,3,4\n#00ff00,5,6\n", ("column 2", "column 3"), (1.5, 2), ("#ff0000", "#00ff00"), 4),
    "numbers as names": Case("2019,2020,class\n1.5,2.5,a\n3.5,4.5,b\n2.5,1.5,a\n5,6,b\n", ("2019", "2020"), (1.5, 2.5), ("a", "b"), 4, {"header": 1}),
    "pandas without names": Case("0,1,2\n1.5,2.5,0\n3.5,4.5,1\n2.5,1.5,0\n", ("0", "1"), (1.5, 2.5), ("0", "1"), 3, {"header": 1}),
    "numbers as a point, chosen": Case("2019,2020,a\n1.5,2.5,a\n3.5,4.5,b\n", ("column 1", "column 2"), (2019, 2020), ("a", "b"), 3, {"header": 0}, Choices(header=0)),
    "header chosen": Case("1,2,3\n1.5,2.5,0\n3.5,4.5,1\n", ("1", "2"), (1.5, 2.5), ("0", "1"), 2, {"header": 1}, Choices(header=1)),
    "Markdown": Case("| x | y | class |\n|---|:-:|---|\n| 1.5 | 2 | a |\n| 3 | 4 | b |\n", ("x", "y"), (1.5, 2), ("a", "b"), 2, {"delimiter": "|", "header": 1}),
    "names over several columns": Case("Measurements,,Group\nheight,weight,\n174,65.5,x\n180,70,y\n171,60,x\n", ("height", "weight"), (174, 65.5), ("x", "y"), 3, {"header": 2}),
    "delimiters at the ends of the points": Case("x,y,class\n1.5,2,a,\n3,4.5,b,\n", ("x", "y"), (1.5, 2), ("a", "b"), 2),
    "delimiters at all ends": Case("x,y,class,,\n1.5,2,a,,\n3,4.5,b,,\n", ("x", "y"), (1.5, 2), ("a", "b"), 2),
    "no end of the last line": Case("x,y,class\n1.5,2,a\n3,4.5,b", ("x", "y"), (1.5, 2), ("a", "b"), 2),
    # columns
    "pandas with its index": Case(",x,y,class\n0,1.5,2,a\n1,3,4,b\n2,5,6,a\n", ("x", "y"), (1.5, 2), ("a", "b"), 3),
    "R with commas": Case('"","x","y","class"\n"1",1.5,2,"a"\n"2",3,4,"b"\n', ("x", "y"), (1.5, 2), ("a", "b"), 2),
    "numbered without names": Case("1,1.5,2,a\n2,3,4,b\n3,5,6,a\n", ("column 2", "column 3"), (1.5, 2), ("a", "b"), 3),
    "student numbers": Case("학번,이름,국어,수학,반\n20240101,가나,80,75.5,1반\n20240205,다라,90,60,2반\n20240103,마바,70,85,1반\n", ("국어", "수학"), (80, 75.5), ("1반", "2반"), 3),
    "row numbers as 1.0": Case("id,x,y,class\n1.0,1.5,2,a\n2.0,3,4,b\n3.0,5,6,a\n", ("x", "y"), (1.5, 2), ("a", "b"), 3),
    "codes": Case("code,x,y,class\n1003,1.5,2,a\n1001,3,4,b\n1002,5,6,a\n", ("x", "y"), (1.5, 2), ("a", "b"), 3),
    "PatientID": Case("PatientID,x,y,class\n77,1.5,2,a\n12,3,4,b\n95,5,6,a\n", ("x", "y"), (1.5, 2), ("a", "b"), 3),
    "수험번호": Case("수험번호,국어,수학,합격\n20250012,80,70,합\n20250044,60,65,불\n20250003,90,91,합\n", ("국어", "수학"), (80, 70), ("합", "불"), 3),
    "telephone numbers": Case("이름,전화,키,몸무게,반\n가,010-1234-5678,170,60,A\n나,010-2222-3333,160,50,B\n", ("키", "몸무게"), (170, 60), ("A", "B"), 2),
    "days": Case("Datum;Temp;Druck;Regen\n01.02.2024;1,5;1013,2;ja\n02.02.2024;3,1;1009,9;nein\n03.02.2024;2,2;1000;ja\n", ("Temp", "Druck"), (1.5, 1013.2), ("ja", "nein"), 3, {"decimal": ","}),
    "class first": Case("species,length,width\na,5.1,3.5\nb,7,3.2\na,6.3,3.3\n", ("length", "width"), (5.1, 3.5), ("a", "b"), 3),
    "class in the middle": Case("length,kind,width\n5.1,a,3.5\n7,b,3.2\n6.3,a,3.3\n", ("length", "width"), (5.1, 3.5), ("a", "b"), 3),
    "numeric class first": Case("label,x,y\n" + "".join(f"{i % 2},{i}.5,{i * i}\n" for i in range(20)), ("x", "y"), (0.5, 0), ("0", "1"), 20),
    "numeric class last": Case("x,y,target\n1.5,2.5,10\n3.5,4.5,9\n2.5,1,10\n", ("x", "y"), (1.5, 2.5), ("9", "10"), 3),
    "columns chosen": Case("a,b,c,class\n1.5,2,7,k\n3,4.5,8,m\n", ("c", "a"), (7, 1.5), ("k", "m"), 2, {}, Choices(x=2, y=0)),
    "a count as an axis, chosen": Case("Id,b,class\n1,2.5,k\n2,4.5,m\n", ("Id", "b"), (1, 2.5), ("k", "m"), 2, {}, Choices(x=0, y=1)),
    "same names": Case("a,a,a\n1.5,2,k\n3,4.5,m\n", ("a", "a (2)"), (1.5, 2), ("k", "m"), 2),
    # missing values
    "missing": Case("x,y,class\n1.5,2,a\nNA,2,a\n3,-,b\n4,?,b\n5,,a\n6,7,\n8,9,b\n", ("x", "y"), (1.5, 2), ("a", "b"), 2),
    "more signs for missing": Case("x,y,class\n1.5,2,a\n<NA>,2,a\n3,n.a.,b\n#NAME?,2,b\n8,9,b\n", ("x", "y"), (1.5, 2), ("a", "b"), 2),
    "a mean below, without a class": Case("번호,키,몸무게,반\n1,170,60,가\n2,165,55,나\n평균,167.5,57.5,\n", ("키", "몸무게"), (170, 60), ("가", "나"), 2),
    "plus and minus are classes": Case("x,y,class\n1.5,2,+\n3,4,-\n5,6,+\n", ("x", "y"), (1.5, 2), ("+", "-"), 3),
    "NA as a class, chosen": Case("x,y,class\n1.5,2,NA\n3,4,a\n5,6,b\n", ("x", "y"), (1.5, 2), ("NA", "a", "b"), 3, {}, Choices(missing=False)),
    "invisible signs are shown": Case("x,y,class\n1.5,2,a\n3,4,a\u200b\n5,6,\u3164\n", ("x", "y"), (1.5, 2), ("a", "a⟨U+200B⟩", "⟨U+3164⟩"), 3),
}  # fmt: skip


def check(reading: Reading, case: Case) -> None:
    assert (reading.error, reading.refusal) == (None, None)
    assert reading.points is not None
    assert reading.points.axes == case.axes
    assert tuple(reading.points.X[0].tolist()) == case.first
    assert reading.points.names == case.classes
    assert len(reading.points) == case.points
    for kind, value in case.guesses.items():
        guess = reading.guess(kind)
        assert guess is not None
        assert guess.value == value
        assert value in guess.options


@pytest.mark.parametrize("name", GIVEN)
def test_the_files_of_visitors_are_read_right(name: str) -> None:
    check(read((INPUTS / name).read_bytes()), Case(b"", *GIVEN[name]))


@pytest.mark.parametrize("name", OWN)
def test_files_as_people_have_them(name: str) -> None:
    case = OWN[name]
    content = case.content.encode() if isinstance(case.content, str) else case.content
    check(read(content, case.choices), case)


ROWS = "x,y,class\n" + "1,2,a\n" * 3

REFUSED = {
    "empty": (b"", TableError("empty")),
    "blank": (b"\n\n  \n", TableError("empty")),
    "a mark alone": (b"\xff\xfe", TableError("empty")),
    "comments and nothing else": (b"sep=;\n", TableError("empty")),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", TableError("binary")),
    "control characters": (bytes(range(1, 32)) * 20, TableError("binary")),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500, TableError("old_workbook")),
    "half a workbook": ((INPUTS / "17_excel.xlsx").read_bytes()[:3000], TableError("workbook")),
    "too large": (b"x" * 5_000_001, TableError("large", megabytes=5.000001, most=5)),
    "one column": (b"1.5\n2\n3\n", TableError("columns_few", count=1)),
    "two columns": (b"x,y\n1,2\n3,4\n", TableError("columns_few", count=2)),
    "many columns": (",".join("abc" * 50).encode() + b"\n", TableError("columns_many", count=150, most=100)),
    "names alone": (b"x,y,class\n", TableError("no_rows")),
    "no numbers": (b"a,b,c\nk,l,m\nn,o,p\n", TableError("no_axes", count=0)),
    "row names are no axis": (b"Id,b,class\n1,2.5,k\n2,4.5,m\n", TableError("no_axes", count=1)),
    "one class": (ROWS.encode(), TableError("one_class", column="class")),
    "nine classes": (("x,y,class\n" + "".join(f"{i}.5,1,c{i}\n" for i in range(9)) * 2).encode(), TableError("classes", column="class", count=9, most=8)),
    "nothing whole": (b"x,y,class\n1,NA,a\n-,2,b\n", TableError("no_rows_left")),
    "an open quotation mark": (b'x,y,class\n"1,2,a\n' + b"1,2,b\n" * 1000, TableError("cell", line=2, most=2000)),
    "a long line": (b"1," * 60_000, TableError("line", line=1, most=100_000)),
    "too many rows": (b"1,2,a\n" * (MAX_ROWS + 1), TableError("rows", most=MAX_ROWS)),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_table_of_points_has_its_reason(name: str) -> None:
    content, error = REFUSED[name]
    assert read(content).error == error


@pytest.mark.parametrize(
    ("row", "refusal"),
    [
        ("1,2", TableError("cells", line=6, count=2, width=3)),
        ("1,zwei,b", TableError("number", line=6, column="y", text="zwei", unit="")),
        ("1e10,1,b", TableError("far", line=6, column="x", text="1e10", unit="")),
        ("1,2," + "b" * 41, TableError("class_long", line=6, column="class", most=40)),
        ("inf,2,b", TableError("number", line=6, column="x", text="inf", unit="")),
    ],
)
def test_a_row_that_cannot_be_used_is_named_and_left_out_if_asked_for(row: str, refusal: TableError) -> None:
    content = f"{ROWS}1,2,b\n{row}\n3,4,b\n".encode()
    reading = read(content)
    assert (reading.refusal, reading.refused, reading.points) == (refusal, 1, None)
    kept = read(content, Choices(leave_out=True))
    assert kept.points is not None
    assert kept.points.X.tolist() == [[1, 2]] * 4 + [[3, 4]]


def test_another_unit_in_a_column_is_no_number() -> None:
    reading = read(b"height,y,class\n174cm,1,a\n180cm,2,b\n165cm,3,a\n170cm,5,b\n1.74m,4,b\n")
    assert reading.refusal == TableError("unit", line=6, column="height", text="1.74m", unit="cm")


@pytest.mark.parametrize(
    ("cells", "code", "line", "text"),
    [
        (("174", "180", "1.74m", "169"), "unit_alone", 4, "1.74m"),
        (("2700", "2800", "1억", "2900"), "unit_alone", 4, "1억"),
        (("10", "20", "50%", "30"), "unit_alone", 4, "50%"),
        (("174cm", "180cm", "1.74", "169cm"), "unit", 4, "1.74"),
        (("1.2K", "3K", "850", "2K"), "unit", 4, "850"),
        (("103", "1O5", "107", "104"), "number", 3, "1O5"),
        (("7", "7h30", "8", "6"), "number", 3, "7h30"),
        (("7", "7시간30분", "8", "6"), "number", 3, "7시간30분"),
        (("30", "0x1F", "32", "29"), "number", 3, "0x1F"),
        (("5\u200b", "6", "7", "8"), "number", 2, "5⟨U+200B⟩"),
    ],
)
def test_one_cell_unlike_the_others_of_its_column_is_named(cells: tuple[str, ...], code: str, line: int, text: str) -> None:
    rows = "".join(f"{cell},{number + 0.5},{'ab'[number % 2]}\n" for number, cell in enumerate(cells))
    refusal = read(f"size,y,class\n{rows}".encode()).refusal
    assert refusal is not None
    assert (refusal.code, refusal.params["line"], refusal.params["text"]) == (code, line, text)


@pytest.mark.parametrize(
    ("content", "decimal", "sure"),
    [
        ("a;b;class\n1.601;3.001;x\n936;2.100;y\n", ",", False),  # nothing says that these are thousands, but they may be
        ("a,b,class\n1.601,2.503,x\n5.936,1.250,y\n", ".", True),  # with commas between the cells they hardly are
        ("a\tb\tclass\n1.601\t2.503\tx\n500\t1.250\ty\n", ".", False),
        ("a;b;class\n1.601;2.503;x\n1500;1.250;y\n", ".", True),  # nobody groups some thousands and not others
        ("a;b;class\n1.601;0.503;x\n5.936;1.250;y\n", ".", True),
    ],
)
def test_points_between_thousands_are_asked_about(content: str, decimal: str, sure: bool) -> None:
    guess = read(content.encode()).guess("decimal")
    assert guess is not None
    assert (guess.value, guess.sure) == (decimal, sure)


@pytest.mark.parametrize(
    ("content", "unfit", "first"),
    [
        ("day,time,temp,hum,rain\n1.5,60,3,a\n2.5,61,4,b\n3.5,62,5,a\n", (1, 5), (1.5, 60)),
        (
            "model mpg cyl gear\nMazda RX a 21.0 6.5\nFiat X b 22.8 4.5\nHornet Y a 18.1 8.5\n".replace(" gear", ""),
            (1, 3),
            (21, 6.5),
        ),
        ("x,y,class\n0,5,3,A\n1,5,4,B\n2,5,5,A\n", (1, 3), (5, 3)),
    ],
)
def test_names_that_do_not_fit_the_columns_are_not_laid_over_them(
    content: str, unfit: tuple[int, int], first: tuple[float, float]
) -> None:
    reading = read(content.encode())
    assert reading.unfit == unfit
    assert not reading.guess("header").sure  # type: ignore[union-attr]
    assert reading.points is not None
    assert all(name.startswith("column ") for name in reading.points.axes)
    assert tuple(reading.points.X[0]) == first
    assert read(content.encode(), Choices(header=1)).unfit is None


def test_lines_of_attributes_name_the_columns() -> None:
    content = b"% flowers\n@RELATION iris\n@ATTRIBUTE 'sepal length' REAL\n@attribute width REAL\n@attribute class {a,b}\n@DATA\n5.1,3.5,a\n4.9,3.0,b\n"
    reading = read(content)
    assert reading.points is not None
    assert (reading.points.axes, reading.points.names) == (("sepal length", "width"), ("a", "b"))


@pytest.mark.parametrize("content", ["; x y class\n1.5 2 a\n3 4.5 b\n", "! x y class\n1.5 2 a\n3 4.5 b\n"])
def test_signs_of_comments_above_the_rows_are_no_columns(content: str) -> None:
    reading = read(content.encode())
    assert reading.points is not None
    assert reading.points.axes == ("x", "y")


def test_a_class_that_begins_like_a_comment_is_kept_and_a_row_that_is_left_out_is_not() -> None:
    rows = "tag,x,y\n#cats,1.5,2\ndogs,3,4\n#cats,2.5,3\ndogs,4.5,5\nbirds,3,3\n#cats,1,1\n"
    reading = read(rows.encode())
    assert reading.points is not None
    assert (reading.points.names, len(reading.points)) == (("#cats", "dogs", "birds"), 6)
    reading = read(b"x,y,class\n1.5,2,a\n#3,4,b\n2.5,3,a\n4.5,5,b\n# second half\n3,3,a\n")
    assert reading.points is not None
    assert (len(reading.points), reading.skipped) == (4, (3, 6))


@pytest.mark.parametrize(
    "name",
    [
        "ID number",
        "Student Number",
        "Roll Number",
        "SNo",
        "№",
        "N°",
        "ID#",
        "ID (student)",
        "Matrikelnummer",
        "lfd. Nr",
        "学号",
        "PLZ",
    ],
)
def test_numbers_by_which_people_are_filed_are_no_axis(name: str) -> None:
    reading = read(f"{name},x,y,class\n20240071,1.5,2,a\n20240013,3,4,b\n20240099,5,6,a\n".encode())
    assert reading.points is not None
    assert reading.points.axes == ("x", "y")


@pytest.mark.parametrize(
    ("content", "sure"),
    [
        (
            "842302,M,17.99,10.38\n842517,M,20.57,17.77\n843009,B,19.69,21.25\n843483,B,11.42,20.38\n",
            False,
        ),  # as archives have them
        ("cls,,x,y\na,0,1.5,2\nb,1,3,4\na,2,5,6\n", True),
        (",,x,y,class\n0,0,1.5,2,a\n0,1,3,4,b\n1,0,5,6,a\n1,1,5,7,b\n", True),  # an index of two levels
    ],
)
def test_columns_without_a_name_that_number_the_rows_are_no_axis(content: str, sure: bool) -> None:
    reading = read(content.encode())
    assert reading.points is not None
    assert reading.points.X[0].tolist() in ([17.99, 10.38], [1.5, 2])
    assert reading.axes_sure == sure


@pytest.mark.parametrize(
    "below",
    ["m/s,hPa,text", "float,float,str", "What is your speed?,What is the pressure?,And the weather?", "_____,________,_______"],
)
def test_names_stand_in_the_first_full_row(below: str) -> None:
    reading = read(f"speed,pressure,weather\n{below}\n1.5,1013,sun\n2.5,1009,rain\n3.5,1000,sun\n".encode())
    assert reading.points is not None
    assert reading.points.axes == ("speed", "pressure")


def test_a_bare_number_among_percentages_is_asked_about() -> None:
    """0.5 may be 0.5 % or 50 %; so may a whole column of which some cells have the sign."""
    reading = read(b"a,b,class\n45%,1.5,x\n0.5,2.5,y\n50%,1,x\n61 %,2,y\n")
    assert reading.refusal == TableError("unit", line=3, column="a", text="0.5", unit="%")


@pytest.mark.parametrize(
    ("content", "line", "word"),
    [
        ("x,y,class\n1.5,2,a\n3,4,b\n4.5,6,Total\n", 4, "Total"),
        ("키,몸무게,반\n170,60,가\n165,55,나\n335,115,합계\n167.5,57.5,평균\n", 4, "합계"),
        ("no,x,y,label\n1,1.5,2,0\n2,3,4,1\nSum:,4.5,6,1\n", 4, "Sum:"),
        ("x,y,class\n1,2,a\n3,4,b\n2,3,Mean\n1,1,Std. dev.\n3,4,Max\n", 4, "Mean"),
        ("국어,수학,반\n50,60,가\n70,80,나\n60,70,반평균\n70,80,최고점\n", 4, "반평균"),
    ],
)
def test_a_row_of_totals_is_no_point(content: str, line: int, word: str) -> None:
    reading = read(content.encode())
    assert reading.refusal == TableError("total", line=line, text=word)
    kept = read(content.encode(), Choices(leave_out=True)).points
    assert kept is not None
    assert len(kept) == 2
    assert len(kept.names) == 2


def test_classes_may_be_called_like_totals() -> None:
    points = read(b"x,y,kind\n1.5,2,sum\n3,4,mean\n2,2,sum\n1,1,mean\n").points
    assert points is not None
    assert points.names == ("sum", "mean")


@pytest.mark.parametrize("text", ["рост;вес;класс\n170;60;да\n160;50;нет\n", "ύψος;βάρος;τάξη\n170;60;ναι\n160;50;όχι\n"])
def test_letters_of_other_scripts_are_asked_about(text: str) -> None:
    """In one byte a letter they read as Western text of nothing but accents."""
    content = text.encode("cp1251" if "рост" in text else "cp1253")
    guess = read(content).guess("encoding")
    assert guess is not None
    assert not guess.sure
    if "рост" in text:
        points = read(content, Choices(encoding="cp1251")).points
        assert points is not None
        assert points.axes == ("рост", "вес")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("x,y,class\n(1.5),2,a\n3,4,b\n(2.5),1,a\n", TableError("no_axes", count=1)),  # negative, to some
        ("x,y,class\n1.5±0.1,2,a\n2.5±0.2,2,b\n", TableError("no_axes", count=1)),
        ("x,y,class\n0x10,2,a\n0x20,4,b\n", TableError("no_axes", count=1)),
        ("x,y,class\n1-2,2,a\n3-4,4,b\n", TableError("no_axes", count=1)),
        ("x,y,class\n1.5,2,a\n<0.5,2,b\n3,4,b\n", TableError("number", line=3, column="x", text="<0.5", unit="")),
        ("x,y,class\n1.5,2,a\n3,4,b\nx,y,class\n2,2,a\n", TableError("number", line=4, column="x", text="x", unit="")),
        ("x,y,class\n1.5,2,a\n3,4,b\n2,1,a\n* estimated\n", TableError("cells", line=5, count=1, width=3)),
        ("x;y,class\n1.5;2,a\n3;4,b\n", TableError("columns_few", count=2)),
        ("x,y,class\n1.5,2,a\n3;4;b\n2,2,a\n", TableError("cells", line=3, count=1, width=3)),
        ("lat,lon,class\n37.5N,127E,a\n38.1N,128E,b\n33.0S,127W,b\n", TableError("no_axes", count=0)),
        ("height,weight,class\n5'11\",160lb,a\n6'1\",180lb,b\n", TableError("no_axes", count=1)),
        ("1 1:0.5 2:1.2\n-1 1:0.1 2:0.3\n1 1:0.2 2:0.3\n", TableError("no_axes", count=1)),
    ],
)
def test_what_could_mean_two_things_is_refused(content: str, reason: TableError) -> None:
    reading = read(content.encode())
    assert reading.points is None
    assert (reading.error or reading.refusal) == reason


def test_rows_that_lack_a_value_are_counted() -> None:
    reading = read(b"x,y,class\n1.5,2,a\nNA,2,a\n3,-,b\n4,?,b\n5,,a\n6,7,\n6,7,NA\n8,9,b\n")
    assert (reading.rows, reading.incomplete) == (8, 6)


@pytest.mark.parametrize(
    ("content", "kind", "other"),
    [
        ("a;b;class\n1,601;2,503;x\n1,936;1,250;y\n", "decimal", {"decimal": "."}),
        ('a,b,class\n"1,601","2,503",x\n"1,936","1,250",y\n', "decimal", {"decimal": ","}),
        ("2019,2020,class\n1.5,2.5,a\n3.5,4.5,b\n2.5,1.5,a\n5,6,b\n", "header", {"header": 0}),
        ("1,2,3\n1,2,1\n3,5,2\n4,6,1\n", "header", {"header": 1}),
    ],
)
def test_what_a_file_leaves_open_is_asked_and_can_be_switched(content: str, kind: str, other: dict[str, Any]) -> None:
    guess, switched = read(content.encode()).guess(kind), read(content.encode(), Choices(**other)).guess(kind)
    assert guess is not None
    assert switched is not None
    assert not guess.sure
    assert switched.sure
    assert switched.value == other[kind] != guess.value


def test_a_sure_file_asks_nothing() -> None:
    for name in GIVEN:
        reading = read((INPUTS / name).read_bytes())
        assert [guess for guess in reading.guesses if not guess.sure] == [], name
        assert reading.axes_sure


def test_a_failed_reading_keeps_its_guesses() -> None:
    """The delimiter chosen wrongly: the file still shows what can be put right."""
    reading = read(b"x;y;class\n1.5;2;a\n3;4;b\n", Choices(delimiter="|"))
    assert reading.error == TableError("columns_few", count=1)
    assert [guess.kind for guess in reading.guesses] == ["encoding", "delimiter", "decimal", "header"]
    assert reading.preview == (("1.5;2;a",), ("3;4;b",))
    wrong = read("키,무게,반\n1,2,가\n".encode("cp949"), Choices(encoding="utf-8"))
    assert wrong.error == TableError("encoding", encoding="utf-8")
    assert [guess.kind for guess in wrong.guesses] == ["encoding", "delimiter"]


def test_a_count_may_be_an_axis_where_nothing_else_can_and_is_asked() -> None:
    reading = read(b"t,b,class\n0,2.5,k\n1,4.5,m\n2,3.5,k\n")
    assert reading.roles == (0, 1, 2)
    assert not reading.axes_sure
    assert read(b"t,b,class\n0,2.5,k\n1,4.5,m\n2,3.5,k\n", Choices(x=0, y=1)).axes_sure


def test_of_too_many_rows_a_fair_sample_is_drawn() -> None:
    rng = random.Random(1)
    labels = ["a"] * 30_000 + ["b"] * 19_990 + ["c"] * 10
    rng.shuffle(labels)
    content = ("x,y,class\n" + "".join(f"{i},{i % 7}.5,{label}\n" for i, label in enumerate(labels))).encode()
    reading, again, other = read(content), read(content), read(content, Choices(seed=1))
    assert reading.points is not None
    assert again.points is not None
    assert other.points is not None
    assert (len(reading.points), reading.sampled_from) == (MAX_POINTS, 50_000)
    counts = dict(zip(reading.points.names, np.bincount(reading.points.y).tolist(), strict=True))
    assert counts == {"a": 6000, "b": 3998, "c": 2}
    assert np.array_equal(reading.points.X, again.points.X)
    assert not np.array_equal(reading.points.X, other.points.X)
    rows = reading.points.X[:, 0]
    assert np.all(np.diff(rows) > 0)  # in their order
    assert abs(rows.mean() - 25_000) < 1_000  # from the whole file


@pytest.mark.parametrize("names", [("NA", "b", "c"), ("?", "b", "c"), ("-", "'-", "n/a"), ("'NA", "''NA", "NA")])
def test_a_class_called_as_what_is_not_known_is_read_back(names: tuple[str, ...]) -> None:
    points = Points(np.arange(12.0).reshape(6, 2) + 0.5, np.array([0, 1, 2, 0, 1, 2]), names)
    found = read(write(points)).points
    assert found is not None
    assert (found.names, found.y.tolist()) == (names, points.y.tolist())


@given(own_points())
def test_a_downloaded_file_is_read_back_exactly(points: Points) -> None:
    chosen = Choices(encoding="utf-8", delimiter=",", decimal=".", header=1, x=0, y=1, label=2, missing=False)
    reading = read(write(points), chosen)
    assume(reading.error is None or reading.error.code != "classes")
    back = reading.points
    assert back is not None, (reading.error, reading.refusal)
    assert np.array_equal(back.X, points.X)
    assert [back.names[k] for k in back.y] == [points.names[k] for k in points.y]
    assert back.axes == points.axes


def test_a_class_that_a_spreadsheet_would_run_is_guarded() -> None:
    points = Points(np.array([[-1.0, 2.0], [0.0, 1.0]]), np.array([0, 1]), ("=1+1", "-1"))
    assert write(points).decode("utf-8-sig").splitlines()[1:] == ["-1.0,2.0,'=1+1", "0.0,1.0,-1"]
    assert unguarded(guarded("@SUM(A1)")) == "@SUM(A1)"


CELLS = st.text(max_size=6) | st.sampled_from(
    [
        "1",
        "2.5",
        "-3",
        "a",
        "b",
        '"',
        "'",
        "=x",
        "1e999",
        "\0",
        "한글",
        "1,5",
        "1.601",
        "12,345",
        "NA",
        "5 kg",
        "#",
        "sep=;",
        "\u3164",
    ]
)


@hypothesis_settings(max_examples=5 * CASES)
@given(
    st.binary(max_size=300)
    | st.builds(
        lambda rows, delimiter, end, encoding: end.join(delimiter.join(row) for row in rows).encode(encoding, "replace"),
        st.lists(st.lists(CELLS, min_size=1, max_size=5), max_size=8),
        st.sampled_from([",", ";", "\t", "|", " "]),
        st.sampled_from(["\n", "\r\n", "\r"]),
        st.sampled_from(["utf-8", "utf-16", "cp949", "utf-16-be", "cp1252"]),
    ),
    st.builds(
        Choices,
        encoding=st.sampled_from([None, "utf-8", "cp949", "utf-16-le"]),
        delimiter=st.sampled_from([None, ",", " "]),
        decimal=st.sampled_from([None, ".", ","]),
        header=st.sampled_from([None, 0, 1, 2, 9]),
        x=st.none() | st.integers(0, 6),
        label=st.none() | st.integers(0, 6),
        leave_out=st.booleans(),
    ),
)
def test_fuzz_any_file_is_points_or_a_reason(content: bytes, choices: Choices) -> None:
    reading = read(content, choices)
    assert (reading.points is None) == (reading.error is not None or (reading.refusal is not None and not choices.leave_out))
    if reading.points is not None:  # nothing was left out in silence
        assert len(reading.points) + reading.incomplete + reading.refused == reading.rows
    assert len({column.name for column in reading.columns}) == len(reading.columns)


@given(st.text("=+-@;\t\r\n'\" ＝＋5a", max_size=12))
def test_no_part_of_a_text_is_run_wherever_a_spreadsheet_splits_it(text: str) -> None:
    """Where lists are separated by semicolons, a spreadsheet splits a comma's file at these; quotation marks inside do not help."""
    cell = guarded(text)
    assert unguarded(cell) == text
    try:
        float(text)
    except ValueError:
        assert not [part for part in re.split("[;\t\r\n]", cell) if part.lstrip(' "').startswith(tuple("=+-@＝＋－＠"))]
