using CsCheck;

namespace Cdp.Validation.Tests.Json;

/// <summary>Generates JSON texts of any shape, with the names in the tests' plans, escapes, half surrogate pairs and unusual white space.</summary>
internal static class JsonTexts
{
    private static readonly Gen<string> Names =
        Gen.OneOf("order_id", "total", "items", "count", "a/b~c", "mail", "address", "sku", "\\ud800", "\\u0061", "a b", "", "é");

    private static readonly Gen<string> Space = Gen.OneOf("", "", " ", "\n", "\t ");

    private static readonly Gen<string> Scalars = Gen.OneOf(
        Gen.OneOf("null", "true", "false", "1.0", "-0", "1e400", "-1E-400", "\"\\udc00x\"", "\"o-1\"", "\"\"", "12345678901234567890"),
        Gen.Int.Select(number => $"{number}"),
        Gen.Double[-1e6, 1e6].Select(number => FormattableString.Invariant($"{number:0.000}")));

    public static readonly Gen<string> Any = Gen.Recursive<string>((depth, any) => depth > 4 ? Scalars : Gen.OneOf(Scalars, Objects(any), Arrays(any)));

    public static readonly Gen<(string Name, string Value)[]> Members = Gen.Select(Names, Any).Array[0, 6];

    /// <summary>An object with the given white space at every possible place.</summary>
    public static string Object(IEnumerable<(string Name, string Value)> members, string space) =>
        $"{{{string.Join($",{space}", members.Select(member => $"\"{member.Name}\"{space}:{space}{member.Value}"))}}}";

    private static Gen<string> Objects(Gen<string> any) =>
        Gen.Select(Gen.Select(Names, any).Array[0, 5], Space).Select((members, space) => Object(members, space));

    private static Gen<string> Arrays(Gen<string> any) =>
        Gen.Select(any.Array[0, 4], Space).Select((elements, space) => $"[{space}{string.Join($"{space},", elements)}{space}]");
}
