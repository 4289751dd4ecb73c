using cdp;
using Cdp.Identifiers.Types;
using Cdp.Identity.Api;
using Cdp.Identity.Graph;
using Cdp.Identity.Linking;
using Cdp.Identity.Tests.Simulation;
using CsCheck;
using Xunit;

namespace Cdp.Identity.Tests.Api;

public sealed class DecisionHistoryTests
{
    private readonly IdentityGraph _graph = new(Given.ProfileIds);
    private readonly ModelRedis _redis = new();
    private readonly List<IdentityDecision> _log = [];

    [Fact]
    public async Task PageAsync_MergedProfile_HasBothHistoriesInOrder()
    {
        Link("m1", Given.User("u"), Given.Anonymous("a"));
        Link("m2", Given.Email("e@x.org"), Given.Anonymous("b"));
        Link("other", Given.User("v"), Given.Anonymous("c"));
        Link("m3", Given.User("u"), Given.Email("e@x.org"));
        Assert.Equal(["m1", "m2", "m3"], await HistoryAsync(Given.Anonymous("b")));
        Assert.Equal(["other"], await HistoryAsync(Given.User("v")));
    }

    [Fact]
    public async Task PageAsync_ProfileThatWasSplitOff_HasTheHistoryBeforeTheSplitButNotAfter()
    {
        Link("m1", Given.User("u"), Given.Anonymous("a"));
        Link("m2", Given.User("u"), Given.Anonymous("b"));
        Split("s3", Given.Anonymous("b"));
        Link("m4", Given.User("u"), Given.Anonymous("c"));
        Link("m5", Given.Anonymous("b"), Given.Anonymous("d"));
        Assert.Equal(["m1", "m2", "s3", "m5"], await HistoryAsync(Given.Anonymous("d")));
        Assert.Equal(["m1", "m2", "s3", "m4"], await HistoryAsync(Given.User("u")));
    }

    [Fact]
    public async Task PageAsync_ProfileThatWasSplitOffAndMergedAgain_HasEachDecisionOnce()
    {
        Link("m1", Given.User("u"), Given.Anonymous("a"));
        Split("s2", Given.User("u"));
        Link("m3", Given.Anonymous("a"), Given.Anonymous("b"));
        Link("m4", Given.User("u"), Given.Anonymous("c"));
        Link("m5", Given.User("u"), Given.Anonymous("a"));
        Assert.Equal(["m1", "s2", "m3", "m4", "m5"], await HistoryAsync(Given.Anonymous("b")));
    }

    [Fact]
    public async Task PageAsync_AnyPageSize_HasTheSameDecisionsInTheSameOrder() =>
        await Gen.Select(Gen.Int[0, 9], Gen.Int[0, 8], Gen.Int[0, 8]).Array[1, 40].SampleAsync(async history =>
        {
            var test = new DecisionHistoryTests();
            foreach (var (i, (what, a, b)) in history.Index())
            {
                if (what < 2) test.Split($"{i}", Name(a));
                else test.Link($"{i}", Name(a), Name(b));
            }
            foreach (var identifier in Enumerable.Range(0, 9).Select(Name))
            {
                var all = await test.HistoryAsync(identifier);
                Assert.Equal(all.OrderBy(int.Parse), all);
                foreach (var size in new[] { 1, 2, 5 }) Assert.Equal(all, await test.HistoryAsync(identifier, size));
            }
        }, iter: 300);

    [Fact]
    public async Task PageAsync_ProfileWithManyDecisions_ReadsOnlyThePage()
    {
        var (root, reads) = ("r", 0);
        var page = await DecisionHistory.PageAsync(
            HistoryCursor.EndOf(root), 100,
            _ => Task.FromResult<IReadOnlyDictionary<long, long>>(Enumerable.Range(1, 200_000).ToDictionary(i => (long)i, i => 2L * i)),
            offsets =>
            {
                IdentityDecision[] read = [.. offsets.Select(Decision)];
                reads += read.Length;
                return Task.FromResult<IReadOnlyList<IdentityDecision>>(read);
            });
        Assert.Equal((100, 199_901, 200_000), (reads, page.Decisions[0].sequence, page.Decisions[^1].sequence));
        Assert.Equal("199901.r", page.Earlier!.ToString());

        IdentityDecision Decision(long offset) => new() { sequence = offset / 2, kind = DecisionKind.Limit, profileId = root, merged = [] };
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("5.")]
    [InlineData("-5.abc")]
    [InlineData("x.abc")]
    [InlineData("5.a{b}")]
    [InlineData("99999999999999999999.abc")]
    public void Parse_InvalidCursor_IsNull(string text) => Assert.Null(HistoryCursor.Parse(text));

    private static Identifier Name(int number) => number < 3 ? Given.User($"u{number}") : Given.Anonymous($"a{number}");

    private async Task<IEnumerable<string>> HistoryAsync(Identifier identifier, int size = 1_000)
    {
        _redis.CatchUp(_log);
        var pages = new List<IReadOnlyList<IdentityDecision>>();
        for (var cursor = HistoryCursor.EndOf(_graph.RootOf(identifier)); cursor is not null;)
        {
            var page = await PageAsync(cursor, size);
            Assert.InRange(page.Decisions.Count, page.Earlier is null ? 0 : size, size);
            pages.Insert(0, page.Decisions);
            cursor = page.Earlier is { } earlier ? HistoryCursor.Parse(earlier.ToString()) : null;
        }
        return pages.SelectMany(page => page).Select(decision => decision.messageId);
    }

    private Task<HistoryPage> PageAsync(HistoryCursor cursor, int size) => DecisionHistory.PageAsync(
        cursor,
        size,
        root => Task.FromResult(_redis.Nodes.GetValueOrDefault(root, ModelNode.Empty).Decisions),
        offsets => Task.FromResult<IReadOnlyList<IdentityDecision>>([.. offsets.Select(offset => _log[((int)offset / 2) - 1])]));

    private void Link(string messageId, params Identifier[] identifiers) =>
        Add(Linker.Decide(Given.Unlimited, _graph, Given.Request(messageId, identifiers), Given.At(0), Given.Now).Decision);

    private void Split(string requestId, params Identifier[] identifiers) =>
        Add(Unlinker.Decide(DefaultTypes.Configuration, _graph, Given.Unlink(requestId, identifiers), Given.At(0), Given.Now).Decision);

    private void Add(IdentityDecision? decision)
    {
        if (decision is not null) _log.Add(decision);
    }
}
