using System.Text.RegularExpressions;
using Avro;
using Xunit;

namespace Cdp.Architecture.Tests.Schemas;

/// <summary>
/// Compares the current schemas with every released version of them. The registry would refuse an incompatible schema as well, but only when a service starts
/// against a cluster that has the earlier version.
/// </summary>
public sealed partial class ReleasedSchemaTests
{
    private const string Before = """
        {"type":"record","name":"Visit","namespace":"cdp","fields":[
          {"name":"page","type":"string"},
          {"name":"seconds","type":"long"},
          {"name":"note","type":["null","string"],"default":null},
          {"name":"place","type":"cdp.Place"},
          {"name":"device","type":{"type":"enum","name":"Device","symbols":["PHONE","TABLET"]}}]}
        """;

    private const string Place = """{"type":"record","name":"Place","namespace":"cdp","fields":[{"name":"country","type":"string"}]}""";

    public static TheoryData<string> Releases => [.. SchemaFolder.Releases];

    [Theory]
    [MemberData(nameof(Releases))]
    public void Schemas_Today_AreCompatibleWithTheRelease(string release)
    {
        var released = SchemaFolder.Parse(SchemaFolder.Texts(release));
        Assert.NotEmpty(released);
        Expect.NoFaults(Compatibility.Faults(released, SchemaFolder.Parse(SchemaFolder.Texts(SchemaFolder.Today))));
    }

    /// <summary>A symbol of an enum could never be removed or renamed, so kinds and states are strings.</summary>
    [Fact]
    public void Schemas_Today_HaveNoEnums() =>
        Expect.NoFaults(SchemaFolder.Texts(SchemaFolder.Today)
            .Where(schema => EnumPattern.IsMatch(schema.Value))
            .Select(schema => $"{schema.Key} has an enum; make it a string"));

    [Theory]
    [InlineData("field removed that has a default", """{"name":"note","type":["null","string"],"default":null},""", "")]
    [InlineData("field added with a default", """{"name":"page",""", """{"name":"title","type":"string","default":""},{"name":"page",""")]
    [InlineData("documentation changed", "\"type\":\"long\"", "\"type\":\"long\",\"doc\":\"How long.\"")]
    [InlineData("logical type added", "\"type\":\"long\"", "\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}")]
    public void Faults_CompatibleChange_None(string change, string from, string to) => Assert.Empty(FaultsOf(from, to).Select(fault => $"{change}: {fault}"));

    [Theory]
    [InlineData("field removed that has no default", """{"name":"page","type":"string"},""", "", "/page")]
    [InlineData("field added without a default", """{"name":"page",""", """{"name":"title","type":"string"},{"name":"page",""", "/title")]
    [InlineData("field renamed", "\"name\":\"page\"", "\"name\":\"path\"", "/page")]
    [InlineData("type changed", "\"type\":\"long\"", "\"type\":\"string\"", "/seconds")]
    [InlineData("type widened, which only one direction survives", "\"type\":\"long\"", "\"type\":\"double\"", "/seconds")]
    [InlineData("made nullable, which only one direction survives", "\"type\":\"long\"", "\"type\":[\"null\",\"long\"]", "/seconds")]
    [InlineData("branch of a union removed", """["null","string"],"default":null""", "\"string\",\"default\":\"\"", "/note")]
    [InlineData("symbol of an enum renamed", "\"TABLET\"", "\"PAD\"", "/device")]
    [InlineData("symbol of an enum added, which only one direction survives", "\"TABLET\"", "\"TABLET\",\"WATCH\"", "/device")]
    [InlineData("record renamed", "\"name\":\"Visit\"", "\"name\":\"View\"", "/")]
    public void Faults_IncompatibleChange_NamesTheField(string change, string from, string to, string path) =>
        Assert.True(FaultsOf(from, to).Any(fault => fault.Contains($": {path}", StringComparison.Ordinal)), change);

    [Fact]
    public void Faults_ChangeInsideANamedRecord_IsFoundInWhatContainsIt()
    {
        var changed = Place.Replace("\"type\":\"string\"", "\"type\":\"int\"");
        Assert.Contains(Compatibility.Faults(Parse(Before, Place), Parse(Before, changed)), IsAboutVisit);
    }

    [Fact]
    public void Faults_RecordDeleted_IsNamed() =>
        Assert.Contains(Compatibility.Faults(Parse(Before, Place), new Dictionary<string, RecordSchema>()), IsAboutVisit);

    private static bool IsAboutVisit(string fault) => fault.StartsWith("Visit:", StringComparison.Ordinal);

    private static string[] FaultsOf(string from, string to)
    {
        Assert.Contains(from, Before, StringComparison.Ordinal);
        return [.. Compatibility.Faults(Parse(Before, Place), Parse(Before.Replace(from, to), Place))];
    }

    private static IReadOnlyDictionary<string, RecordSchema> Parse(string visit, string place) =>
        SchemaFolder.Parse(new Dictionary<string, string> { ["Visit"] = visit, ["Place"] = place });

    [GeneratedRegex("\"type\"\\s*:\\s*\"enum\"")]
    private static partial Regex EnumPattern { get; }
}
