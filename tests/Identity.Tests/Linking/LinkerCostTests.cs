using cdp;
using Cdp.Contracts;
using Cdp.Identifiers.Extraction;
using Cdp.Identifiers.Types;
using Cdp.Identity.Graph;
using Cdp.Identity.Linking;
using Xunit;

namespace Cdp.Identity.Tests.Linking;

/// <summary>The maximum cost of one event for the linker, which is a single loop for all senders.</summary>
public sealed class LinkerCostTests
{
    private const int Profiles = 72;
    private const int OfEachType = 5;

    private static readonly string[] ManyTypes = [.. DefaultTypes.All.Where(type => type.Limit >= OfEachType).Select(type => type.Name)];

    [Theory]
    [InlineData(TrustLevel.Public)]
    [InlineData(TrustLevel.Server)]
    public void Decide_EventThatNamesManyFullProfiles_CostGrowsLinearly(string trust)
    {
        var graph = FullProfiles();
        var two = Bytes(graph, trust, 2);
        var most = Bytes(graph, trust, Profiles);

        // Memory does not depend on the speed of the machine. The cost grows with the number of identifiers, not with the number of pairs.
        Assert.InRange(most, two, two + (Profiles * 1_000));
    }

    [Fact]
    public void Linkable_MoreOfATypeThanItsLimit_TakesTheFirst()
    {
        Identifier[] identifiers = [Given.User("u1"), Given.User("u2"), .. Enumerable.Range(0, 8).Select(i => Given.Email($"{i}@x.org")), Given.Anonymous("a")];

        Assert.Equal(
            ["user_id:u1", .. Enumerable.Range(0, 5).Select(i => $"email:{i}@x.org"), "anonymous_id:a"],
            Linkable(TrustLevel.Public).Select(Given.Name));
        Assert.Equal(identifiers, Linkable(TrustLevel.Server));

        IEnumerable<Identifier> Linkable(string trust) =>
            Linker.Linkable(DefaultTypes.Configuration, Given.Request(Given.Event("m", type: "alias", trust: trust), identifiers));
    }

    [Fact]
    public void Decide_BrowserAliasOfTwoUserIds_LinksTheCallersAnonymousId()
    {
        var graph = new IdentityGraph(Given.ProfileIds);
        foreach (var user in new[] { "ada", "ben" })
        {
            var login = Given.Request(user, Given.User(user), Given.Anonymous($"of {user}"));
            Linker.Decide(DefaultTypes.Configuration, graph, login, Given.At(0), Given.Now);
        }
        var alias = Given.Event("m", userId: "ada", anonymousId: "new", previousId: "ben", type: "alias", trust: TrustLevel.Public);

        var request = Given.Request(alias, [.. EventIdentifiers.Of(alias, DefaultTypes.Configuration).Identifiers]);
        var result = Linker.Decide(DefaultTypes.Configuration, graph, request, Given.At(0), Given.Now);

        Assert.Equal(("linked", "claim"), (result.Decision!.kind, result.Decision.basis));
        Assert.Equal(["user_id:ben limit"], result.Identified.dropped.Select(dropped => $"{dropped.type}:{dropped.value} {dropped.reason}"));
        Assert.Equal(Given.ProfileIds.Implied(Given.User("ada")), graph.RootOf(Given.Anonymous("new")));
        Assert.NotEqual(graph.RootOf(Given.User("ada")), graph.RootOf(Given.User("ben")));
    }

    // Profiles with as many identifiers as allowed.
    private static IdentityGraph FullProfiles()
    {
        var graph = new IdentityGraph(Given.ProfileIds);
        for (var i = 0; i < Profiles; i++)
        {
            var others = ManyTypes.SelectMany(type => Enumerable.Range(0, OfEachType).Select(n => OfProfile(type, n, i)));
            var request = Given.Request($"{i}", [Given.User($"u{i}"), .. others]);
            Assert.Equal("linked", Linker.Decide(DefaultTypes.Configuration, graph, request, Given.At(i), Given.Now).Decision!.kind);
        }
        return graph;
    }

    private static long Bytes(IdentityGraph graph, string trust, int count)
    {
        // One identifier of each profile, covering all types.
        Identifier[] identifiers = [.. Enumerable.Range(0, count).Select(i => OfProfile(ManyTypes[i * ManyTypes.Length / count], 0, i))];
        var request = Given.Request(Given.Event("m", trust: trust), identifiers);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var result = Linker.Decide(DefaultTypes.Configuration, graph, request, Given.At(0), Given.Now);
        var bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(count - 1, result.Identified.dropped.Count);
        return bytes;
    }

    private static Identifier OfProfile(string type, int number, int profile) => new() { type = type, value = $"{type} {number} of {profile}" };
}
