using cdp;
using Cdp.Contracts;
using Cdp.Profiles.Splitting;
using Cdp.Profiles.State;

namespace Cdp.Profiles.Tests.State;

public sealed class BoundsTests
{
    private const int Partitions = 12;
    private const int KafkasDefault = 1024 * 1024;

    private static readonly int Largest = Bounds.Default.LargestRecord(Partitions, "cdp.events.identified".Length);

    [Fact]
    public void LargestRecord_Default_IsWellBelowKafkasDefaultLimit() =>
        Assert.InRange(Largest, KafkasDefault / 2, KafkasDefault - (100 * 1024));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void LargestRecord_FullProfile_IsLargerThanTheEncodedProfileButNotByMuch(bool isAccount)
    {
        var profile = Worst(isAccount);
        profile.absorbed = [.. Enumerable.Range(0, Bounds.Default.Related).Select(Id)];
        profile.sharedKeys = profile.absorbed;
        Routes.Add(profile, [new SplitRoute { sequence = long.MaxValue, into = Id(1), identifiers = SplitOff() }], Bounds.Default);
        Assert.InRange(Size(profile), Largest * 7 / 10, Largest);
        Assert.InRange(Size(new ProfileTransferred { winnerId = Id(1), loserId = Id(2), sequence = long.MaxValue, state = profile }), 0, Largest);
    }

    [Fact]
    public void LargestRecord_FullPartOfSplit_IsLargerThanTheEncodedPart()
    {
        var split = new PendingSplit
        {
            sequence = long.MaxValue,
            into = Id(1),
            identifiers = SplitOff(),
            family = [.. Enumerable.Range(0, Bounds.Default.Family).Select(Id)],
            cuts = [.. Enumerable.Range(0, Partitions).Select(partition => Some.Identified(partition, long.MaxValue))],
            before = Some.Codec.Encode(Worst(isAccount: true)),
        };
        Assert.InRange(Size(HeldParts.Create(Id(2), split, Some.Codec)), Largest * 7 / 10, Largest);
    }

    [Fact]
    public void Fold_MoreOfEverythingThanAllowed_ReportsTheCuts()
    {
        var profile = Worst(isAccount: false);
        Assert.Equal(["identifiers", "traits"], profile.cut);
        Assert.Equal(["identifiers", "traits", "trait_values", "events"], Cuts.Of(profile));
        Assert.Equal(Bounds.Default.Traits, profile.traits.Count + profile.cutTraits.Count);
        Assert.Equal((Bounds.Default.Events, Bounds.Default.Identifiers), (profile.counts.Count, profile.identifiers.Count));
    }

    [Fact]
    public void Fold_OneLargeTraitAmongManySmallOnes_KeepsIt()
    {
        var profile = Folding.Empty("p");
        Some.Folding.Fold(profile, Some.Identify("p", $$"""{"bio":"{{new string('x', 20_000)}}"}""", 0, "m"), Some.Identified(0, 0));
        for (var i = 0; i < 300; i++) Some.Folding.Fold(profile, Some.Identify("p", $$"""{"t{{i}}":{{i}}}""", i, $"m{i}"), Some.Identified(0, i + 1));
        Assert.True(profile.traits.ContainsKey("bio"));
        Assert.Empty(Cuts.Of(profile));
    }

    [Fact]
    public void WithinBounds_AliasAndPendingSplit_AreKept()
    {
        var old = Folding.Alias("l", "w");
        old.pending = [new PendingSplit { sequence = 7, into = "n", identifiers = [Some.Id("email", "x")], family = [], cuts = [], before = [] }];
        (old.awaited, old.sharedKeys, old.bounds) = ([3], ["s"], 0);
        var bounded = Some.Folding.WithinBounds(old);
        Assert.Equal(("w", Bounds.Version), (bounded.mergedInto, bounded.bounds));
        Assert.Equal((7L, 3L, "s"), (Assert.Single(bounded.pending).sequence, Assert.Single(bounded.awaited), Assert.Single(bounded.sharedKeys)));
    }

    private static List<Identifier> SplitOff() =>
        [.. Enumerable.Range(0, Bounds.Default.Routed).Select(i => Texts.Compared(Some.Id(Text("t", 32), Text($"l{i}", 99))))];

    /// <summary>A profile folded from twice as many elements as each part may contain, each of the maximum length.</summary>
    private static Profile Worst(bool isAccount)
    {
        var profile = Folding.Empty(Id(0));
        var message = Text("m", Texts.MessageIdBytes);
        var offset = long.MaxValue - 10_000;
        for (var i = 0; i < Bounds.Default.Traits * 2; i++)
        {
            var size = i % 100 == 0 ? 33_000 : i % 20 == 0 ? 32_760 : i % 10 == 0 ? 8_180 : i % 3 == 0 ? 1_020 : 252;
            Fold(Some.Identify("p", $$"""{"{{Text($"t{i}", Texts.NameBytes)}}":"{{new string('v', size)}}"}""", i, message));
        }
        for (var i = 0; i < Bounds.Default.Events * 2; i++) Fold(Some.Track("p", Text($"e{i}", Texts.NameBytes), i, message));
        for (var i = 0; i < Bounds.Default.Links * 2; i++) Fold(Some.Group("p", Text($"g{i}", Texts.NameBytes), i, message));
        for (var i = 0; i < Bounds.Default.Identifiers * 2; i += 50)
        {
            var identifiers = Enumerable.Range(i, 50).Select(n => Some.Id(Text("t", 32), Text($"i{n}", Texts.IdentifierBytes)));
            Fold(Some.Event("p", "track", i, message, null, Text("e", Texts.NameBytes), [.. identifiers]));
        }
        for (var i = 0; isAccount && i < Bounds.Default.Members * 2; i++)
        {
            var call = Some.Group("p", "acme", i, message, null, Some.Id(Text("t", 32), Text($"u{i}", Texts.MemberBytes)));
            Some.Folding.FoldAccount(profile, Some.AccountEvent(call, At(i)));
        }
        return profile;

        void Fold(IdentifiedEvent e) => Some.Folding.Fold(profile, e, At((int)e.validated.envelope.timestamp.Ticks));

        RecordPosition At(int i) => Some.Identified((i & int.MaxValue) % Partitions, offset++);
    }

    private static string Id(int i) => Some.Ids.Implied(Some.Id("user_id", $"{i}"));

    private static string Text(string start, int bytes) => start.PadRight(bytes, '.');

    private static int Size(IAvroRecord record)
    {
        var writer = new AvroWriter();
        record.Write(writer);
        return writer.Written.Length + 5;
    }
}
