using Cdp.Hosting.Process;
using Cdp.Validation;

return await CdpHost.RunAsync(ValidationService.Service, args);
