using Cdp.Hosting;
using Cdp.Validation;

return await CdpHost.RunAsync(ValidationService.Service, args);
