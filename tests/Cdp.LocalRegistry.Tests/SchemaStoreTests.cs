using Xunit;

namespace Cdp.LocalRegistry.Tests;

public class SchemaStoreTests
{
    private const string V1 = """{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}""";
    private const string OptionalAdded = """{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"string","default":""}]}""";
    private const string RequiredAdded = """{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"string"}]}""";
    private const string RequiredRemoved = """{"type":"record","name":"R","fields":[]}""";

    [Fact]
    public void Register_First_GetsVersionAndIdOne()
    {
        var version = Register(new SchemaStore(CompatibilityLevel.FullTransitive), "s", V1).Version!;
        Assert.Equal((1, 1), (version.Version, version.Id));
    }

    [Fact]
    public void Register_SameSchemaWrittenDifferently_ReturnsTheSameVersion()
    {
        var store = new SchemaStore(CompatibilityLevel.FullTransitive);
        Register(store, "s", V1);
        var (version, isNew, _) = store.Register("s", Parse("""{ "name": "R", "fields": [ {"type": {"type":"int"}, "name": "a"} ], "type": "record" }"""));
        Assert.Equal((1, false), (version!.Id, isNew));
    }

    [Fact]
    public void Register_UnderSeveralSubjects_UsesOneId()
    {
        var store = new SchemaStore(CompatibilityLevel.FullTransitive);
        Register(store, "s", "\"int\"");
        var first = Register(store, "s2", V1).Version!;
        var second = Register(store, "s3", V1).Version!;
        Assert.Equal(2, first.Id);
        Assert.Equal((first.Id, 1), (second.Id, second.Version));
        Assert.Equal(["s2", "s3"], store.Uses(2).Select(use => use.Subject));
    }

    [Theory]
    [InlineData(CompatibilityLevel.None, RequiredAdded, true)]
    [InlineData(CompatibilityLevel.None, RequiredRemoved, true)]
    [InlineData(CompatibilityLevel.Backward, OptionalAdded, true)]
    [InlineData(CompatibilityLevel.Backward, RequiredAdded, false)]
    [InlineData(CompatibilityLevel.Backward, RequiredRemoved, true)]
    [InlineData(CompatibilityLevel.Forward, RequiredAdded, true)]
    [InlineData(CompatibilityLevel.Forward, RequiredRemoved, false)]
    [InlineData(CompatibilityLevel.Full, OptionalAdded, true)]
    [InlineData(CompatibilityLevel.Full, RequiredAdded, false)]
    [InlineData(CompatibilityLevel.Full, RequiredRemoved, false)]
    [InlineData(CompatibilityLevel.FullTransitive, OptionalAdded, true)]
    public void Register_SecondVersion_FollowsTheLevel(CompatibilityLevel level, string next, bool isAccepted)
    {
        var store = new SchemaStore(level);
        Register(store, "s", V1);
        var (version, _, error) = store.Register("s", Parse(next));
        Assert.Equal(isAccepted, version is not null);
        Assert.Equal(isAccepted ? null : 409, error?.Code);
    }

    [Theory]
    [InlineData(CompatibilityLevel.Backward, true)]
    [InlineData(CompatibilityLevel.BackwardTransitive, false)]
    public void Register_IncompatibleWithOlderVersion_IsRefusedOnlyByTransitiveLevels(CompatibilityLevel level, bool isAccepted)
    {
        // A default is added and removed again: the third version can read the second, but not the first.
        var store = new SchemaStore(level);
        Register(store, "s", V1);
        Register(store, "s", OptionalAdded);
        Assert.Equal(isAccepted, store.Register("s", Parse(RequiredAdded)).Version is not null);
    }

    [Fact]
    public void Register_SubjectWithItsOwnLevel_FollowsThatLevel()
    {
        var store = new SchemaStore(CompatibilityLevel.FullTransitive);
        Register(store, "s", V1);
        store.Apply(new LevelChange("s", CompatibilityLevel.None));
        Assert.NotNull(store.Register("s", Parse(RequiredAdded)).Version);
    }

    [Theory]
    [InlineData("s", "1", null, 1)]
    [InlineData("s", "2", null, 2)]
    [InlineData("s", "latest", null, 2)]
    [InlineData("s", "-1", null, 2)]
    [InlineData("s", "3", 40402, 0)]
    [InlineData("t", "latest", 40401, 0)]
    [InlineData("s", "0", 42202, 0)]
    [InlineData("s", "last", 42202, 0)]
    public void Version_ByNumberOrName_ReturnsItOrAnError(string subject, string version, int? error, int found)
    {
        var store = new SchemaStore(CompatibilityLevel.FullTransitive);
        Register(store, "s", V1);
        Register(store, "s", OptionalAdded);
        var result = store.Version(subject, version);
        Assert.Equal(error, result.Error?.Code);
        Assert.Equal(found, result.Version?.Version ?? 0);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("5")]
    [InlineData("\"strin\"")]
    [InlineData("""{"type":"record"}""")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"a"}]}""")]
    public void Parse_InvalidSchema_ReturnsTheError(string text)
    {
        Assert.Null(ParsedSchema.Parse(text, out var error));
        Assert.NotEmpty(error);
    }

    private static (SchemaVersion? Version, bool IsNew, RegistryError? Error) Register(SchemaStore store, string subject, string schema)
    {
        var result = store.Register(subject, Parse(schema));
        if (result.Version is not null) store.Apply(result.Version);
        return result;
    }

    private static ParsedSchema Parse(string schema) => ParsedSchema.Parse(schema, out var error) ?? throw new InvalidOperationException(error);
}
