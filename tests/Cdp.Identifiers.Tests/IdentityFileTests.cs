using System.Runtime.CompilerServices;
using cdp;
using Xunit;

namespace Cdp.Identifiers.Tests;

public sealed class IdentityFileTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    [Fact]
    public void Read_TheFileThatComesWithTheProject_SaysTheDefaults()
    {
        var (types, errors) = Read(Shipped());
        Assert.Empty(errors);
        Assert.Equal(Describe(DefaultTypes.Configuration), Describe(types));
    }

    [Fact]
    public void Read_NoFile_SaysTheDefaults()
    {
        var (types, errors) = Read(_file + ".missing");
        Assert.Empty(errors);
        Assert.Same(DefaultTypes.Configuration, types);
    }

    [Fact]
    public void Read_TypesOfTheOperator_CountInTheirOrder()
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
        var names = types.Of(new Event
        {
            messageId = "m",
            type = "track",
            userId = "TEST-12",
            anonymousId = "a",
            properties = """{"card":{"number":1234}}""",
            context = """{"app":{"name":"Till"},"externalIds":[{"type":"crm_id","id":"GUEST"},{"type":"crm_id","id":77}]}""",
        });
        Assert.Equal([("crm_id", "77"), ("till.card", "1234")], names.Identifiers.Select(identifier => (identifier.type, identifier.value)));
        Assert.Equal([("crm_id", "GUEST", "blocked"), ("user_id", "TEST-12", "blocked")], names.Dropped.Select(dropped => (dropped.type, dropped.value, dropped.reason)));
    }

    [Fact]
    public void Read_ManyFaults_TellsEachWithLineAndRemedy()
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
            errors.Order(StringComparer.Ordinal).Select(error => error[(_file.Length + 1)..]).OrderBy(error => int.Parse(error[..error.IndexOf(':')], null)),
            At(1, "'Austria' is no country", "write its two capital letters"),
            At(2, "'colour' is not a key here", "use one of"),
            At(3, "'merges' is not a whole number", "write one"),
            At(4, "'(' is no pattern", "write a regular expression"),
            At(4, "'(?=a)' is no pattern", "write a regular expression"),
            At(6, "'message_id' is a type of our own", "use another name"),
            At(8, "'User' is no name of a type", "begin with a letter"),
            At(11, "'mail' is no place in an event", "write userId"),
            At(11, "'traits' is no place in an event", "write userId"),
            At(12, "'upper' is no form", "write none, trim"),
            At(13, "'limit' is not a whole number", "write one"),
            At(14, "'email' is there already", "name each type once"),
            At(16, "'weight' is not a key here", "use one of"),
            At(17, "'from' is missing", "list the places"),
            At(17, "'name' is missing", "name the type"),
            At(19, "'device.type' is no place in the context", "write for example"));

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
        .. types.Types.Select(type => $"{type.Name} {type.Form} {type.Limit} {string.Join(", ", type.From.Select(place => $"{place.Member}.{string.Join('.', place.Path)} {string.Join(' ', place.When.Select(when => $"{string.Join('.', when.Path)}={when.Text}"))}"))}"),
    ];

    private static string Shipped([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "../../services/Local/config/identity.yaml");
}
