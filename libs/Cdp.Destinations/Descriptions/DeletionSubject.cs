namespace Cdp.Destinations.Descriptions;

/// <summary>A customer whose data is to be deleted at a destination.</summary>
/// <param name="RequestId">The same for every attempt.</param>
/// <param name="Identifiers">What the customer is known by: user_id, anonymous_id, email, phone.</param>
public sealed record DeletionSubject(string RequestId, IReadOnlyDictionary<string, string> Identifiers);
