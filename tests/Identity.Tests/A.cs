using cdp;
using Cdp.Contracts;
using Cdp.Identifiers;

namespace Cdp.Identity.Tests;

/// <summary>Short ways to say what a test needs.</summary>
internal static class A
{
    public static readonly ProfileIds ProfileIds = new("a test's key");
    public static readonly DateTime Now = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    public static Identifier User(string value) => new() { type = IdentifierTypes.UserId, value = value };
    public static Identifier Email(string value) => new() { type = IdentifierTypes.Email, value = value };
    public static Identifier Anonymous(string value) => new() { type = IdentifierTypes.AnonymousId, value = value };

    public static Event Event(string messageId, string? userId = null, string? anonymousId = null, string type = "track", string? traits = null, string? context = null, string? previousId = null) =>
        new() { messageId = messageId, type = type, sourceId = "s", userId = userId, anonymousId = anonymousId, traits = traits, context = context, previousId = previousId, receivedAt = Now, timestamp = Now };

    public static ValidatedEvent Validated(Event envelope) => new() { envelope = envelope, violations = [] };

    public static RecordPosition At(long offset, int partition = 0, string topic = "cdp.events.validated") => new() { topic = topic, partition = partition, offset = offset };

    public static LinkRequest Request(string messageId, params Identifier[] identifiers) =>
        new() { validated = Validated(Event(messageId)), identifiers = identifiers, origin = At(0) };

    public static string Name(Identifier identifier) => $"{identifier.type}:{identifier.value}";
}
