using Cdp.Destinations.Mapping;

namespace Cdp.Destinations.Descriptions;

/// <summary>How a body is written.</summary>
internal enum BodyFormat : byte
{
    Json,
    JsonLines,
    Form,
    None,
}

/// <summary>
/// A request of a description. The mappings see <c>settings</c>, <c>now</c>, <c>items</c> (what <see cref="Item"/> made of each item), <c>payloads</c>,
/// <c>found</c> (what a lookup found), and if there is one item <c>payload</c>, <c>event</c>, <c>message_id</c>, <c>profile_id</c>, <c>idempotency_key</c> and
/// <c>trace_parent</c>. <see cref="Item"/> always sees those of its item.
/// </summary>
internal sealed record RequestTemplate
{
    public required UrlTemplate Method { get; init; }

    public required UrlTemplate Url { get; init; }

    public EventMapping? Query { get; init; }

    public EventMapping? Headers { get; init; }

    /// <summary>What stands for one item in the body; null for its payload.</summary>
    public EventMapping? Item { get; init; }

    /// <summary>The body; null for the first item.</summary>
    public EventMapping? Body { get; init; }

    public BodyFormat Format { get; init; }
}
