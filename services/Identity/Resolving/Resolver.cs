using Avro.Specific;
using cdp;
using Cdp.Contracts;
using Cdp.Identifiers;

namespace Cdp.Identity.Resolving;

/// <summary>What one batch's decisions need: where the linker stood, and the roots as they were read after that.</summary>
/// <param name="position">The next request that the linker had not applied. Read before the roots, so that they are never older than it says.</param>
/// <param name="roots">The root of each identifier that a decision has named; the others stand for themselves.</param>
/// <param name="refusals">What the linker answered to combinations of several roots, by key.</param>
/// <param name="lastSplit">The last decision that made a profile smaller; read after the roots.</param>
/// <param name="detours">What was sent to the linker before this batch.</param>
public sealed class ResolverView(long position, IReadOnlyDictionary<Identifier, string> roots, IReadOnlyDictionary<string, Refusal> refusals, long lastSplit, Detours detours)
{
    private readonly HashSet<Identifier> _sent = new(IdentifierComparer.Instance);

    public IReadOnlyDictionary<Identifier, string> Roots { get; } = roots;

    /// <summary>Whether an event of these identifiers must go behind an earlier one that took the detour, in this batch or before.</summary>
    public bool MustFollow(int partition, IReadOnlyList<Identifier> identifiers) => identifiers.Any(_sent.Contains) || detours.IsPending(partition, identifiers, position);

    /// <summary>What the linker would answer, where that is known.</summary>
    public Refusal? RefusalOf(string key, IReadOnlyList<string> roots) => refusals.TryGetValue(key, out var refusal) && refusal.Holds(lastSplit, Refusal.GroupsOf(roots)) ? refusal : null;

    public void Sent(IEnumerable<Identifier> identifiers) => _sent.UnionWith(identifiers);
}

/// <summary>Decides whether an event's customer is known or must be found by the linker.</summary>
public sealed class Resolver(ProfileIds profileIds)
{
    /// <summary>
    /// An <see cref="IdentifiedEvent"/> when all its identifiers have one root, or it is known which of them stay apart, and nothing before it is on the
    /// detour; else a <see cref="LinkRequest"/>.
    /// </summary>
    /// <param name="types">The configuration that named them.</param>
    /// <param name="view">The batch's; learns of a request.</param>
    /// <param name="validated">The event.</param>
    /// <param name="names"><see cref="IdentifierTypes.Of"/> it.</param>
    /// <param name="origin">Where it stands.</param>
    public ISpecificRecord Resolve(IdentifierTypes types, ResolverView view, ValidatedEvent validated, EventNames names, RecordPosition origin)
    {
        var identifiers = names.Identifiers;
        if (!view.MustFollow(origin.partition, identifiers))
        {
            var roots = RootsOf(view.Roots, identifiers);
            if (AreOne(roots)) return new IdentifiedEvent { profileId = roots[0], validated = validated, identifiers = [.. identifiers], origin = origin, dropped = [.. names.Dropped] };
            if (view.RefusalOf(KeyOf(types, validated, identifiers), roots) is { } refusal)
            {
                var (kept, apart) = refusal.Divide(identifiers);
                return new IdentifiedEvent { profileId = roots[0], validated = validated, identifiers = kept, origin = origin, dropped = [.. names.Dropped, .. apart] };
            }
        }
        view.Sent(identifiers);
        return new LinkRequest { validated = validated, identifiers = [.. identifiers], origin = origin, dropped = [.. names.Dropped] };
    }

    /// <summary>The key of the answer that <see cref="Resolve"/> may need; null where it needs none.</summary>
    public string? Question(IdentifierTypes types, IReadOnlyDictionary<Identifier, string> roots, ValidatedEvent validated, EventNames names) =>
        names.Identifiers.Count > 1 && !AreOne(RootsOf(roots, names.Identifiers)) ? KeyOf(types, validated, names.Identifiers) : null;

    private static string KeyOf(IdentifierTypes types, ValidatedEvent validated, IReadOnlyList<Identifier> identifiers) => Refusal.Key(types, Refusal.IsStated(validated.envelope), identifiers);

    private static bool AreOne(string[] roots) => Array.TrueForAll(roots, root => root == roots[0]);

    private string[] RootsOf(IReadOnlyDictionary<Identifier, string> known, IReadOnlyList<Identifier> identifiers)
    {
        var roots = new string[identifiers.Count];
        for (var i = 0; i < roots.Length; i++) roots[i] = known.TryGetValue(identifiers[i], out var root) ? root : profileIds.Implied(identifiers[i]);
        return roots;
    }
}
