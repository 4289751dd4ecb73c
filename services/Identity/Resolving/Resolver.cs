using Avro.Specific;
using cdp;
using Cdp.Contracts;
using Cdp.Identifiers.Extraction;
using Cdp.Identifiers.Types;
using Cdp.Identity.Graph;

namespace Cdp.Identity.Resolving;

/// <summary>The inputs of the decisions about one batch: the linker's position, and the roots at that moment.</summary>
/// <param name="position">
/// The next offset of identity.requests that the linker had not applied. It was read together with the roots, so the roots are never older, even if Redis
/// lost its state in the meantime.
/// </param>
/// <param name="roots">The root of each identifier that a decision has named. The root of any other identifier is the profile id it implies.</param>
/// <param name="refusals">The linker's refusals of combinations of several roots, by key.</param>
/// <param name="lastSplit">The sequence of the last split, read after the roots.</param>
/// <param name="pending">The requests sent to the linker before this batch.</param>
public sealed class ResolverView(
    long position,
    IReadOnlyDictionary<Identifier, string> roots,
    IReadOnlyDictionary<string, LinkRefusal> refusals,
    long lastSplit,
    PendingRequests pending)
{
    private readonly HashSet<Identifier> _sent = new(IdentifierComparer.Instance);

    public IReadOnlyDictionary<Identifier, string> Roots { get; } = roots;

    /// <summary>
    /// Whether an event must stay behind an earlier event with the same identifiers, in this batch or before it, that was sent to the linker.
    /// </summary>
    public bool MustFollow(int partition, IReadOnlyList<Identifier> identifiers) =>
        identifiers.Any(_sent.Contains) || pending.IsPending(partition, identifiers, position);

    /// <summary>The linker's answer to the combination, if it is known and still valid.</summary>
    public LinkRefusal? RefusalOf(string key, IReadOnlyList<string> roots) =>
        refusals.TryGetValue(key, out var refusal) && refusal.IsCurrent(lastSplit, LinkRefusal.GroupsOf(roots)) ? refusal : null;

    /// <summary>Records that an event of this batch was sent to the linker.</summary>
    public void AddSent(IEnumerable<Identifier> identifiers) => _sent.UnionWith(identifiers);
}

/// <summary>Decides whether an event's profile is known or has to be decided by the linker.</summary>
public sealed class Resolver(ProfileIds profileIds)
{
    /// <summary>
    /// Returns an <see cref="IdentifiedEvent"/> if all identifiers have one root, or if it is known which of them are kept apart, and no earlier event with
    /// these identifiers is pending at the linker. Otherwise returns a <see cref="LinkRequest"/>.
    /// </summary>
    /// <param name="types">The configuration with which the identifiers were extracted.</param>
    /// <param name="view">The batch's view. It is updated if a request is returned.</param>
    /// <param name="validated">The event.</param>
    /// <param name="extracted">The event's identifiers.</param>
    /// <param name="origin">The event's position.</param>
    public ISpecificRecord Resolve(IdentifierTypes types, ResolverView view, ValidatedEvent validated, EventIdentifiers extracted, RecordPosition origin)
    {
        var identifiers = extracted.Identifiers;
        if (!view.MustFollow(origin.partition, identifiers))
        {
            var roots = RootsOf(view.Roots, identifiers);
            if (AreEqual(roots)) return Identified(roots[0], validated, [.. identifiers], origin, [.. extracted.Dropped]);
            if (view.RefusalOf(LinkRefusal.KeyOf(types, validated.envelope, identifiers), roots) is { } refusal)
            {
                var (kept, apart) = refusal.Divide(identifiers);
                return Identified(roots[0], validated, kept, origin, [.. extracted.Dropped, .. apart]);
            }
        }
        view.AddSent(identifiers);
        return new LinkRequest { validated = validated, identifiers = [.. identifiers], origin = origin, dropped = [.. extracted.Dropped] };
    }

    /// <summary>The key of the refusal that <see cref="Resolve"/> may need; null if it needs no refusal.</summary>
    public string? RefusalKey(IdentifierTypes types, IReadOnlyDictionary<Identifier, string> roots, ValidatedEvent validated, EventIdentifiers extracted) =>
        extracted.Identifiers.Count > 1 && !AreEqual(RootsOf(roots, extracted.Identifiers))
            ? LinkRefusal.KeyOf(types, validated.envelope, extracted.Identifiers)
            : null;

    private static IdentifiedEvent Identified(
        string root, ValidatedEvent validated, List<Identifier> identifiers, RecordPosition origin, List<DroppedIdentifier> dropped) =>
        new() { profileId = root, validated = validated, identifiers = identifiers, origin = origin, dropped = dropped };

    private static bool AreEqual(string[] roots) => Array.TrueForAll(roots, root => root == roots[0]);

    private string[] RootsOf(IReadOnlyDictionary<Identifier, string> known, IReadOnlyList<Identifier> identifiers)
    {
        var roots = new string[identifiers.Count];
        for (var i = 0; i < roots.Length; i++) roots[i] = known.TryGetValue(identifiers[i], out var root) ? root : profileIds.Implied(identifiers[i]);
        return roots;
    }
}
