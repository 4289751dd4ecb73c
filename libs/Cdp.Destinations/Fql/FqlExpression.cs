using System.Text.Json;

namespace Cdp.Destinations.Fql;

/// <summary>
/// A condition on events in Segment's Filter Query Language (FQL), such as <c>type = "track" and properties.total >= 100</c>. Compiled once; thread-safe.
/// Field names, functions and the treatment of null are described in this library's README.
/// </summary>
public sealed class FqlExpression
{
    private readonly Node _node;

    private FqlExpression(string text, Node node, IReadOnlyList<string> warnings) => (Text, _node, Warnings) = (text, node, warnings);

    /// <summary>The statement as it was written.</summary>
    public string Text { get; }

    /// <summary>Warnings about valid syntax that other implementations of FQL interpret differently, with line and column.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <exception cref="FqlException">The statement is invalid; the message names line, column and remedy.</exception>
    public static FqlExpression Parse(string text)
    {
        var (node, warnings) = Parser.Read(text);
        return new FqlExpression(text, node, warnings);
    }

    /// <summary>
    /// Whether the event matches. An operation on values that it does not support matches nothing: a mistake sends too few events, not too many.
    /// </summary>
    /// <param name="event">The event as JSON in Segment's shape (<see cref="EventJson"/>).</param>
    public bool Matches(JsonElement @event) => _node.Evaluate(new Subject(@event)).IsTrue;

    /// <summary>Whether the event matches; null if the result depends on an operation that is undefined for the event's values.</summary>
    internal bool? TryMatch(JsonElement @event)
    {
        var value = _node.Evaluate(new Subject(@event));
        return value.Kind == ValueKind.Error ? null : value.IsTrue;
    }

    /// <summary>Whether an event matches, judged by its record's headers alone. Null if that depends on the rest of the event.</summary>
    /// <param name="type">track, identify, page, screen, group or alias.</param>
    /// <param name="name">The name of a track event; null for other types.</param>
    public bool? Matches(string type, string? name)
    {
        var value = _node.Evaluate(new Subject(type, name));
        return value.Kind == ValueKind.Unknown ? null : value.IsTrue;
    }
}
