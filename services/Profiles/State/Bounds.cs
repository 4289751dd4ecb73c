
namespace Cdp.Profiles.State;

/// <summary>A limit on large trait values: only the newest of the values above a given size are kept.</summary>
/// <param name="Above">The size in bytes of UTF-8.</param>
/// <param name="Count">How many values above this size are kept.</param>
public sealed record TraitSize(int Above, int Count);

/// <summary>
/// The maximum size of each part of a profile. Each limit is a function of the set of events: an entry that is cut from the state of some events is also cut
/// from the state of any larger set. So two states merge into the state of all their events, whichever was cut first. The limits on the length of single
/// strings are in <see cref="Texts"/>.
/// </summary>
public sealed record Bounds
{
    /// <summary>Incremented with every change of a limit. States of another version are cut to the current limits when they are read.</summary>
    public const int Version = 1;

    /// <summary>Bytes of an encoded profile id: 26 characters and the length.</summary>
    private const int ProfileId = 27;

    /// <summary>The most bytes of an encoded number.</summary>
    private const int Number = 10;

    public static readonly Bounds Default = new();

    /// <summary>Trait names, cleared and cut ones included. The newest are kept.</summary>
    public int Traits { get; init; } = 350;

    /// <summary>The limits on large trait values, in ascending order of size.</summary>
    public IReadOnlyList<TraitSize> TraitSizes { get; init; } = [new(256, 64), new(1024, 16), new(8 * 1024, 2), new(32 * 1024, 0)];

    /// <summary>Event names that are counted. Those with the smallest hashes are kept.</summary>
    public int Events { get; init; } = 300;

    /// <summary>Identifiers of a person. Those with the smallest hashes are kept.</summary>
    public int Identifiers { get; init; } = 1_000;

    /// <summary>Identifiers of an account. An account has one, unless a person was merged into it.</summary>
    public int AccountIdentifiers { get; init; } = 100;

    /// <summary>The last events of a profile.</summary>
    public int Recent { get; init; } = 100;

    /// <summary>Accounts that a person belongs to.</summary>
    public int Links { get; init; } = 100;

    /// <summary>People of an account.</summary>
    public int Members { get; init; } = 1_000;

    /// <summary>The maximum number of profiles merged into this one, and separately of profiles with which it shares keys.</summary>
    public int Related { get; init; } = 900;

    /// <summary>Identifiers that splits took out of the profile, counted over all splits. Those of the latest splits are kept.</summary>
    public int Routed { get; init; } = 1_000;

    /// <summary>Profiles under whose keys the events of a split may be stored.</summary>
    public int Family { get; init; } = 3_000;

    /// <summary>Splits that one profile may have in progress. Each takes at least one identifier out.</summary>
    private static int Splits => 1_000;

    /// <summary>The largest possible record, in bytes, of a profile, of its transfer or of the state held by a split.</summary>
    /// <param name="partitions">The number of partitions of events.identified.</param>
    /// <param name="topic">The length of that topic's name in bytes.</param>
    public int LargestRecord(int partitions, int topic)
    {
        var position = 2 + topic + (2 * Number);
        var stamp = Number + 2 + Texts.MessageIdBytes;
        var name = 2 + Texts.NameBytes;
        var identifier = 4 + Texts.IdentifierTypeBytes + Texts.IdentifierBytes;
        var person = Identifiers * identifier;
        var account = (AccountIdentifiers * identifier) + (Members * (4 + Texts.IdentifierTypeBytes + Texts.MemberBytes + stamp));
        var state = Math.Max(person, account)
            + (Traits * (name + stamp + position)) + TraitValues()
            + (TraitSizes.Sum(size => size.Count) * (Number + name + stamp))
            + (Events * (name + (3 * Number))) + (4 * Number)
            + (Recent * (2 + Texts.TypeBytes + name + 1 + stamp))
            + (Links * (ProfileId + name + stamp))
            + (2 * partitions * position);
        var lineage = (2 * Related * ProfileId) + SplitOffIdentifiers() + (Splits * (ProfileId + (3 * Number)));
        var heldSplit = SplitOffIdentifiers() + (Family * ProfileId) + (partitions * position);
        // Ids and flags, and the fields around the state in a transfer or a correction.
        const int Frame = 1_024;
        return state + Math.Max(lineage, heldSplit) + (partitions * position) + Frame;

        int SplitOffIdentifiers() => Routed * (4 + Texts.IdentifierTypeBytes + Texts.ComparedBytes + ProfileId + Number);
    }

    // The worst case fills the limits from the largest size down.
    private int TraitValues()
    {
        var (bytes, taken, largest) = (0, 0, 0);
        foreach (var size in TraitSizes.Reverse())
        {
            bytes += (size.Count - taken) * (largest + 3);
            (taken, largest) = (size.Count, size.Above);
        }
        return bytes + ((Traits - taken) * (largest + 3));
    }
}
