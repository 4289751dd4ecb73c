using Cdp.Chaos.Settings;

namespace Cdp.Chaos.People;

/// <summary>An event that a person is about to send, still without its index and time.</summary>
public sealed record Draft(string Type, string? AnonymousId, string? UserId)
{
    /// <summary>The source whose write key it is sent with.</summary>
    public string Source { get; init; } = Sources.Web;

    public string? Name { get; init; }
    public string? PreviousId { get; init; }
    public string? GroupId { get; init; }
    public IReadOnlyList<(string Name, string Json)> Traits { get; init; } = [];

    /// <summary>The email address in the traits, in canonical form.</summary>
    public string? Email { get; init; }

    /// <summary>The phone number in the traits, in canonical form.</summary>
    public string? Phone { get; init; }

    public IReadOnlyList<Id> Merge { get; init; } = [];

    /// <summary>The code with which ingestion must refuse it; null: it must be accepted.</summary>
    public string? Refusal { get; init; }

    /// <summary>The length to which the messageId is padded; null: not padded.</summary>
    public int? MessageIdCharacters { get; init; }

    /// <summary>For a retry under another key, the event that it repeats.</summary>
    public int? RetryOf { get; init; }

    /// <summary>Its timestamp is invalid, so that it gets its time of receipt.</summary>
    public bool UsesReceivedAt { get; init; }

    public OddInput? OddInput { get; init; }

    public Notation? Notation { get; init; }
}

/// <summary>The sources of the installation under test.</summary>
public static class Sources
{
    /// <summary>A source of type server: its write key is secret.</summary>
    public const string Shop = "shop";

    /// <summary>A source of type web: its write key is public.</summary>
    public const string Web = "web";

    public static string WriteKey(string source) => $"chaos-key-of-{source}";
}
