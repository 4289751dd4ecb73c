namespace Cdp.Identifiers.Types;

/// <summary>A type of identifier, such as an email address.</summary>
/// <param name="Name">The type's name in identifiers and in paths of the APIs.</param>
/// <param name="From">Where an event carries it; the first place with a usable value counts.</param>
/// <param name="Normalisation">How its values are normalised.</param>
/// <param name="Limit">How many identifiers of the type a profile may have. A link that would exceed it is refused.</param>
public sealed record IdentifierType(string Name, IReadOnlyList<Place> From, Normalisation Normalisation, int Limit);
