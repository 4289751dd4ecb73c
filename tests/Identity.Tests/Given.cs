using cdp;
using Cdp.Contracts;
using Cdp.Identifiers.Types;

namespace Cdp.Identity.Tests;

/// <summary>Test data: events, identifiers, requests and rules.</summary>
internal static class Given
{
    public static readonly ProfileIds ProfileIds = new("a test's key");
    public static readonly DateTime Now = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    public static Identifier User(string value) => new() { type = IdentifierTypes.UserId, value = value };
    public static Identifier Email(string value) => new() { type = IdentifierTypes.Email, value = value };
    public static Identifier Anonymous(string value) => new() { type = IdentifierTypes.AnonymousId, value = value };

    public static Event Event(
        string messageId,
        string? userId = null,
        string? anonymousId = null,
        string type = "track",
        string? context = null,
        string? previousId = null,
        string? extra = null,
        string? trust = TrustLevel.Server) => new()
        {
            messageId = messageId,
            type = type,
            sourceId = "s",
            userId = userId,
            anonymousId = anonymousId,
            context = context,
            previousId = previousId,
            extra = extra,
            receivedAt = Now,
            timestamp = Now,
            trust = trust,
        };

    public static ValidatedEvent Validated(Event envelope) => new() { envelope = envelope, violations = [] };

    public static RecordPosition At(long offset, int partition = 0, string topic = "cdp.events.validated") =>
        new() { topic = topic, partition = partition, offset = offset };

    public static LinkRequest Request(string messageId, params Identifier[] identifiers) =>
        Request(Event(messageId), identifiers);

    public static LinkRequest Request(Event envelope, params Identifier[] identifiers) =>
        new() { validated = Validated(envelope), identifiers = identifiers, origin = At(0), dropped = [] };

    /// <summary>Types with limits that no test reaches.</summary>
    public static readonly IdentifierTypes Unlimited = Types(users: 1_000, others: 1_000);

    /// <summary>The default types with other limits.</summary>
    public static IdentifierTypes Types(int users, int others, int merges = 100, int identifiers = 1_000) => new(
        [.. DefaultTypes.All.Select(type => type with { Limit = type.Name == IdentifierTypes.UserId ? users : others })],
        new BlockedValues([], []),
        null,
        new Caps(merges, identifiers));

    public static UnlinkRequest Unlink(string requestId, params Identifier[] identifiers) =>
        new() { requestId = requestId, identifiers = identifiers, requestedAt = Now };

    /// <summary>One of several identifiers of three types, by number.</summary>
    public static Identifier Mixed(int number) => (number % 3) switch
    {
        0 => User($"u{number}"),
        1 => Email($"e{number}@x.org"),
        _ => Anonymous($"a{number}"),
    };

    public static string Name(Identifier identifier) => $"{identifier.type}:{identifier.value}";
}
