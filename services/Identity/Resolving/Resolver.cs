using Avro.Specific;
using cdp;
using Cdp.Contracts;
using Cdp.Identifiers;

namespace Cdp.Identity.Resolving;

/// <summary>What one batch's decisions need: where the linker stood, and the roots as they were read after that.</summary>
/// <param name="position">The next request that the linker had not applied. Read before the roots, so that they are never older than it says.</param>
/// <param name="roots">The root of each identifier that a decision has named; the others stand for themselves.</param>
/// <param name="detours">What was sent to the linker before this batch.</param>
public sealed class ResolverView(long position, IReadOnlyDictionary<Identifier, string> roots, Detours detours)
{
    private readonly HashSet<Identifier> _sent = new(IdentifierComparer.Instance);

    public IReadOnlyDictionary<Identifier, string> Roots { get; } = roots;

    /// <summary>Whether an event of these identifiers must go behind an earlier one that took the detour, in this batch or before.</summary>
    public bool MustFollow(int partition, IReadOnlyList<Identifier> identifiers) => identifiers.Any(_sent.Contains) || detours.IsPending(partition, identifiers, position);

    public void Sent(IEnumerable<Identifier> identifiers) => _sent.UnionWith(identifiers);
}

/// <summary>Decides whether an event's customer is known or must be found by the linker.</summary>
public sealed class Resolver(ProfileIds profileIds)
{
    /// <summary>An <see cref="IdentifiedEvent"/> when all its identifiers have one root and nothing before it is on the detour; else a <see cref="LinkRequest"/>.</summary>
    /// <param name="view">The batch's; learns of a request.</param>
    /// <param name="validated">The event.</param>
    /// <param name="names"><see cref="IdentifierTypes.Of"/> it.</param>
    /// <param name="origin">Where it stands.</param>
    public ISpecificRecord Resolve(ResolverView view, ValidatedEvent validated, EventNames names, RecordPosition origin)
    {
        var identifiers = names.Identifiers;
        var root = RootOf(view, identifiers[0]);
        if (!view.MustFollow(origin.partition, identifiers) && identifiers.Skip(1).All(identifier => RootOf(view, identifier) == root))
        {
            return new IdentifiedEvent { profileId = root, validated = validated, identifiers = [.. identifiers], origin = origin, dropped = [.. names.Dropped] };
        }
        view.Sent(identifiers);
        return new LinkRequest { validated = validated, identifiers = [.. identifiers], origin = origin, dropped = [.. names.Dropped] };
    }

    private string RootOf(ResolverView view, Identifier identifier) => view.Roots.TryGetValue(identifier, out var root) ? root : profileIds.Implied(identifier);
}
