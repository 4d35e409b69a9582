/** What a reader of scheduled reports sees, in French. */
export const schedules = {
  OWNER_SUSPENDED: 'Le compte du responsable est suspendu\u00A0: les adresses et les autres systèmes ne reçoivent plus rien, car ils reçoivent ce que le responsable peut voir.',
} as const;
