using Cdp.Functions.Contracts;
using Xunit;

namespace Cdp.Functions.Tests.Scripting;

public sealed class JsonTextTests
{
    /// <summary>What JSON.stringify of the engine writes is what our writer must write.</summary>
    [Theory]
    [InlineData("[1, -0, 1e21, 1.5e-7, NaN, Infinity, 0.1, 123456789012345680000]")]
    [InlineData("['\"', '\\\\', '\\n\\r\\t\\b\\f\\u0000\\u001f', 'é€😀', '\\ud800', '\\udc00x', '/<>&']")]
    [InlineData("[undefined, () => 1, Symbol('s'), null, true, false]")]
    [InlineData("{ u: undefined, f() {}, [Symbol('s')]: 1, n: null, a: { u: undefined }, z: undefined }")]
    [InlineData("{ b: 1, 2: 2, a: 3, 1: 4 }")]
    [InlineData("[new Date(0), new Number(3), new String('x'), new Map([[1, 2]]), new Set([1]), /r/, new Error('e')]")]
    [InlineData("{ toJSON() { return { kept: 1 }; } }")]
    [InlineData("[{ toJSON(key) { return typeof key; } }]")]
    [InlineData("{ get computed() { return [1]; } }")]
    [InlineData("Object.defineProperty({ a: 1 }, 'hidden', { value: 2, enumerable: false })")]
    [InlineData("new Uint8Array([1, 2])")]
    [InlineData("[, 1, , 2]")]
    [InlineData("Object.assign(Object.create({ inherited: 1 }), { own: 2 })")]
    [InlineData("Object.assign(Object.create(null), { own: 2 })")]
    [InlineData("new (class { #hidden = 1; shown = 2; method() {} })()")]
    [InlineData("new Proxy({ a: 1 }, {})")]
    [InlineData("[{}, [], [[]], { a: {} }]")]
    public async Task Write_Value_IsThatOfJsonStringify(string expression)
    {
        var code = $"export function transformEvent() {{ const value = {expression}; return [{{ value }}, {{ text: JSON.stringify({{ value }}) }}]; }}";
        var kept = Assert.IsType<FunctionOutcome.Kept>(await Given.OutcomeAsync(code));
        using var text = System.Text.Json.JsonDocument.Parse(kept.Events[1]);
        Assert.Equal(text.RootElement.GetProperty("text").GetString(), kept.Events[0]);
    }

    [Theory]
    [InlineData("const a = { b: {} }; a.b.c = a; return a;", "it contains itself at \"c\"")]
    [InlineData("return { n: 10n };", "it has a BigInt")]
    [InlineData("let a = {}; for (let i = 0; i < 100000; i++) a = { a }; return a;", "it has more than 64 levels")]
    [InlineData("return { text: 'x'.repeat(2000000) };", "it has more than 1048576 characters")]
    [InlineData("const a = []; a.length = 1e6; return { a };", "it has more than 1048576 characters")]
    [InlineData("return Array.from({ length: 101 }, () => ({}));", "an array of more than 100 events")]
    public async Task Write_NoEvent_Fails(string statements, string reason)
    {
        var failed = Assert.IsType<FunctionOutcome.Failed>(await Given.OutcomeAsync($"export function transformEvent() {{ {statements} }}"));
        Assert.StartsWith("the function returned something that is not an event: ", failed.Reason, StringComparison.Ordinal);
        Assert.Contains(reason, failed.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Write_GetterThatThrows_FailsWithItsPlace()
    {
        var failed = Assert.IsType<FunctionOutcome.Failed>(
            await Given.OutcomeAsync("export function transformEvent() {\n  return {\n    get a() { throw new Error('in the getter'); } };\n}"));
        Assert.Equal(("Error: in the getter", 3), (failed.Reason, failed.Line));
    }

    [Fact]
    public async Task Parse_TooDeep_Fails()
    {
        var failed = Assert.IsType<FunctionOutcome.Failed>(
            await Given.OutcomeAsync(
                "export function transformEvent(event) { return event; }",
                $$"""{"a":{{new string('[', 1000)}}{{new string(']', 1000)}}}"""));
        Assert.StartsWith("the event cannot be read: ", failed.Reason, StringComparison.Ordinal);
    }
}
