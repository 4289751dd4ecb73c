using System.Runtime.CompilerServices;
using cdp;
using Cdp.Identifiers.Configuration;
using Cdp.Identifiers.Extraction;
using Cdp.Identifiers.Types;
using Xunit;

namespace Cdp.Identifiers.Tests.Configuration;

public sealed class IdentityFileTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    [Theory]
    [InlineData("message_id")]
    [InlineData("group_id")]
    [InlineData("unknown")]
    [InlineData("unmerge")]
    public void Read_ReservedName_IsAFault(string name)
    {
        File.WriteAllText(_file, $"types:\n  - name: {name}\n    from: userId\n");
        const string remedy = "write a name other than message_id, group_id, unknown, unmerge";
        Assert.Equal($"{_file}:2: the name '{name}' is reserved; {remedy}", Assert.Single(Read(_file).Errors));
    }

    [Fact]
    public void Read_FileOfLocal_EqualsTheDefaults()
    {
        var (types, errors) = Read(LocalFile());
        Assert.Empty(errors);
        Assert.Equal(Describe(DefaultTypes.Configuration), Describe(types));
    }

    [Fact]
    public void Read_MissingFile_IsTheDefaults()
    {
        var (types, errors) = Read(_file + ".missing");
        Assert.Empty(errors);
        Assert.Same(DefaultTypes.Configuration, types);
    }

    [Fact]
    public void Read_OwnTypes_HaveThePriorityOfTheirOrder()
    {
        File.WriteAllText(_file, """
            region: AT
            caps: { merges: 7, identifiers: 8 }
            blocked: { values: [" Guest "], patterns: ['^test-\d+$'] }
            types:
              - name: crm_id
                from: context.externalIds
                limit: 2
              - name: user_id
                from: [userId]
              - name: till.card
                from: [{ at: properties.card.number, when: { context.app.name: till } }]
                normalise: lower
            """);
        var (types, errors) = Read(_file);
        Assert.Empty(errors);
        Assert.Equal((7, 8, "AT"), (types.Caps.Merges, types.Caps.Identifiers, types.Region));
        Assert.Equal([("crm_id", 2), ("user_id", 1), ("till.card", 5)], types.Types.Select(type => (type.Name, type.Limit)));
        var extracted = EventIdentifiers.Of(new Event
        {
            messageId = "m",
            type = "track",
            userId = "TEST-12",
            anonymousId = "a",
            properties = """{"card":{"number":1234}}""",
            context = """{"app":{"name":"Till"},"externalIds":[{"type":"crm_id","id":"GUEST"},{"type":"crm_id","id":77}]}""",
        }, types);
        Assert.Equal([("crm_id", "77"), ("till.card", "1234")], extracted.Identifiers.Select(identifier => (identifier.type, identifier.value)));
        Assert.Equal(
            [("crm_id", "GUEST", "blocked"), ("user_id", "TEST-12", "blocked")],
            extracted.Dropped.Select(dropped => (dropped.type, dropped.value, dropped.reason)));
    }

    [Fact]
    public void Read_AllowedValueThatIsNotBlockedByDefault_IsAFault()
    {
        File.WriteAllText(_file, """
            blocked:
              values: [Guest, house]
              allow: [id, ada, guest]
            """);
        var (_, errors) = Read(_file);

        Assert.Equal(
            [
                $"{_file}:3: 'ada' is not blocked by default; remove it from 'allow'",
                $"{_file}:3: 'guest' is in both 'values' and 'allow'; remove it from one of them",
            ],
            errors);
    }

    [Fact]
    public void Read_ManyFaults_ListsEachWithLineAndRemedyInTheOrderOfTheFile()
    {
        File.WriteAllText(_file, """
            region: Austria
            colour: red
            caps: { merges: 0 }
            blocked: { patterns: ['(', '(?=a)'] }
            types:
              - name: message_id
                from: [userId]
              - name: User
                from: [userId]
              - name: email
                from: [mail, traits]
                normalise: upper
                limit: 0
              - name: email
                from: [traits.email]
                weight: 3
              - from: []
              - name: device
                from: [{ at: context.device.id, when: { device.type: ios } }]
            """);
        var errors = Read(_file).Errors;
        Assert.Collection(
            errors.Select(error => error[(_file.Length + 1)..]),
            At(1, "'Austria' is not a country code", "write two capital letters"),
            At(2, "'colour' is not a known key", "use one of"),
            At(3, "'merges' must be a whole number", "from"),
            At(4, "the pattern '(' is not a regular expression", "fix its syntax"),
            At(4, "the pattern '(?=a)' cannot be matched in linear time", "remove look-arounds"),
            At(6, "the name 'message_id' is reserved", "write a name other than"),
            At(8, "'User' is not a valid type name", "write a letter a-z"),
            At(11, "'mail' is not a place in an event", "write userId"),
            At(11, "'traits' is not a place in an event", "write userId"),
            At(12, "'upper' is not a normalisation", "write one of none, trim"),
            At(13, "'limit' must be a whole number", "from"),
            At(14, "the type 'email' is defined twice", "remove one of the two"),
            At(16, "'weight' is not a known key", "use one of"),
            At(17, "'name' is missing", "write the type's name"),
            At(17, "'from' is missing", "list the places"),
            At(19, "'device.type' is not a path in the context", "write for example"));

        static Action<string> At(int line, string fault, string remedy) => error =>
        {
            Assert.StartsWith($"{line}: {fault}", error);
            Assert.Contains(remedy, error);
        };
    }

    public void Dispose() => File.Delete(_file);

    private static (IdentifierTypes Types, List<string> Errors) Read(string file)
    {
        var errors = new List<string>();
        return (IdentityFile.Read(file, errors), errors);
    }

    private static IEnumerable<string> Describe(IdentifierTypes types) =>
    [
        $"{types.Caps} {types.Region}",
        .. types.Types.Select(type => $"{type.Name} {type.Normalisation} {type.Limit} {string.Join(", ", type.From.Select(Describe))}"),
    ];

    private static string Describe(Place place)
    {
        var conditions = place.When.Select(condition => $"{string.Join('.', condition.Path)}={condition.Text}");
        return $"{place.Member}.{string.Join('.', place.Path)} {string.Join(' ', conditions)}";
    }

    private static string LocalFile([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "../../services/Local/config/identity.yaml");
}
